import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { delay } from "@freshet/core";
import { DurableStreamsServerError } from "../store/errors.ts";

/** The process that serves a folder, as its lock file names it. */
export interface FolderOwner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** Differs between containers, whose processes have the same numbers. */
  readonly namespace: string;
  /** When the process began: its number may belong to another one later. */
  readonly started: string;
  readonly token: string;
}

const LOCK_FILE = "owner.lock";
/** How often an owner shows that it is alive, in milliseconds. */
const BEAT_MS = 5000;
/** After how many milliseconds without a beat a process that cannot be looked up counts as gone. */
const SILENT_MS = 3 * BEAT_MS;
/** After how many milliseconds without a beat a machine that cannot be looked at counts as gone. */
const ABANDONED_MS = 60_000;
const POLL_MS = 200;

/** A folder that this process serves, and no other. */
export class FolderLock {
  readonly #file: string;
  readonly #token: string;
  readonly #beat: ReturnType<typeof setInterval>;

  private constructor(file: string, token: string) {
    this.#file = file;
    this.#token = token;
    this.#beat = setInterval(() => {
      beat(file);
    }, BEAT_MS);
    this.#beat.unref();
  }

  /**
   * Makes this process the owner of a folder, which is created if it does not exist.
   *
   * @throws DurableStreamsServerError `STORE_LOCKED` if another process is, or may be
   */
  static acquire(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, LOCK_FILE);
    const owner = thisProcess();
    for (let attempt = 0; attempt < 5; attempt++) {
      if (create(file, owner)) return new FolderLock(file, owner.token);
      const found = ownerOf(folder);
      if (found && isAlive(found, file)) throw locked(folder, found);
      if (found) removeLock(folder, found);
    }
    throw locked(folder, undefined);
  }

  release(): void {
    clearInterval(this.#beat);
    const file = this.#file;
    if (read(file)?.token === this.#token) unlinkSync(file);
  }
}

/** The owner of a folder, alive or not; `undefined` if it has none. */
function ownerOf(folder: string): FolderOwner | undefined {
  return read(join(folder, LOCK_FILE));
}

/**
 * Resolves when a folder seems free: its owner has gone, or is on another machine and has shown no sign
 * of life for a minute while this process was waiting.
 *
 * @param onWait - called with the owner before it waits
 */
export async function waitForFolder(
  folder: string,
  onWait: (owner: FolderOwner) => void,
): Promise<void> {
  const file = join(folder, LOCK_FILE);
  let lastBeat: number | undefined;
  let seenAt = 0;
  for (let isFirst = true; ; isFirst = false) {
    const owner = ownerOf(folder);
    if (!owner || !isAlive(owner, file)) return;
    if (isFirst) onWait(owner);
    const beatAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    // Whether it changes does not depend on anybody's clock.
    if (beatAt !== lastBeat) [lastBeat, seenAt] = [beatAt, performance.now()];
    else if (owner.host !== hostname() && performance.now() - seenAt > ABANDONED_MS) {
      removeLock(folder, owner);
      return;
    }
    await delay(POLL_MS);
  }
}

/** Removes the lock of an owner that is gone, unless somebody else has the folder by now. */
function removeLock(folder: string, { token }: FolderOwner): void {
  const file = join(folder, LOCK_FILE);
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (read(aside)?.token === token) unlinkSync(aside);
    else renameSync(aside, file);
  } catch {
    // Another process was faster.
  }
}

function create(file: string, owner: FolderOwner): boolean {
  try {
    writeFileSync(file, JSON.stringify(owner), { flag: "wx" });
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST") return false;
    // An empty file would name nobody.
    if (code === "ENOSPC") unlinkSync(file);
    throw error;
  }
}

function read(file: string): FolderOwner | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as FolderOwner;
  } catch {
    // It is being written, or its writer was killed meanwhile: only time tells.
    return { pid: 0, host: hostname(), since: "now", namespace: "", started: "", token: "" };
  }
}

function beat(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Somebody removed the file. The folder is still this process's, as far as others ask.
  }
}

function isAlive({ pid, host, namespace, started }: FolderOwner, file: string): boolean {
  if (host !== hostname()) return true;
  if (namespace !== pidNamespace()) {
    const { mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
    return Date.now() - mtimeMs < SILENT_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if ((error as { code?: string }).code === "ESRCH") return false;
  }
  return started === startOf(pid);
}

function thisProcess(): FolderOwner {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    namespace: pidNamespace(),
    started: startOf(process.pid),
    token: randomUUID(),
  };
}

/** Empty where the system does not tell. */
function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** The start of a process, in ticks of the system since it booted. Empty where it does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name in parentheses, may contain spaces; the start is the 22nd.
    const [state = "", ...others] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A process that has ended keeps its number until its parent has seen that.
    return /[ZX]/.test(state) ? "ended" : (others[18] ?? "");
  } catch {
    return "";
  }
}

function locked(folder: string, owner: FolderOwner | undefined): DurableStreamsServerError {
  const name = owner
    ? `process ${owner.pid} on ${owner.host} has served it since ${owner.since}`
    : "other processes take it in turns";
  return new DurableStreamsServerError(
    "STORE_LOCKED",
    `The folder ${folder} is in use: ${name}. Stop that process, choose another folder, or wait (--wait-for-lock). If it is gone for good, remove ${join(folder, LOCK_FILE)}.`,
  );
}
