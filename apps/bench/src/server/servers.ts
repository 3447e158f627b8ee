import { execFileSync, fork, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delay } from "@freshet/core";
import postgres from "postgres";

export type Kind = "memory" | "lmdb" | "postgres" | "reference-memory" | "reference-files";

/** A server in a separate process. */
export interface BenchServer {
  readonly name: string;
  readonly url: string;
  /** Measures heap and buffers after a garbage collection, in bytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(
  kind: Kind,
  name: string,
  postgresUrl?: string,
): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "freshet-bench-"));
  const child = fork(
    join(import.meta.dirname, "server-process.js"),
    [kind, postgresUrl ?? folder],
    {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const { url } = (await message(child)) as { url: string };
  return {
    name,
    url,
    memory: async () => {
      const reply = message(child);
      child.send("memory");
      const { memory } = (await reply) as { memory: NodeJS.MemoryUsage };
      return memory.heapUsed + memory.external;
    },
    stop: async () => {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => {
      reject(new Error(`A server of the benchmark ended with code ${String(code)}.`));
    });
  });
}

/** Starts a separate PostgreSQL, durable, with the default settings. */
export async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const bin = binaries();
  const folder = mkdtempSync(join(tmpdir(), "freshet-bench-postgres-"));
  const owner = unprivileged();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const init = ["-D", folder, "-U", "streams", "-A", "trust", "-E", "UTF8"];
  execFileSync(join(bin, "initdb"), init, { stdio: "pipe", ...owner });
  const port = await freePort();
  const settings = `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n`;
  writeFileSync(join(folder, "postgresql.auto.conf"), settings);
  const child = spawn(join(bin, "postgres"), ["-D", folder], { stdio: "ignore", ...owner });
  const url = `postgres://streams@127.0.0.1:${port}/postgres`;
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  for (let attempt = 0; ; attempt++) {
    try {
      await sql`SELECT 1`;
      break;
    } catch (error) {
      if (attempt > 200) throw error;
      await delay(50);
    }
  }
  await sql.end();
  return {
    url,
    stop: async () => {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGQUIT");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function binaries(): string {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort() : [];
  const folder = [
    process.env["POSTGRES_BIN"] ?? "",
    ...versions.reverse().map((version) => join(debian, version, "bin")),
  ].find((candidate) => candidate && existsSync(join(candidate, "initdb")));
  if (folder !== undefined) return folder;
  throw new Error("PostgreSQL is missing: run apt-get install postgresql, or set POSTGRES_BIN.");
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { stdio: "pipe" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
