import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";

/** The folder of PostgreSQL's programs, which vitest.config.ts has found. */
function binaries(): string {
  const folder = process.env["POSTGRES_BIN"];
  if (folder === undefined) {
    throw new Error("POSTGRES_BIN is not set: expected the folder of PostgreSQL's initdb.");
  }
  return folder;
}

/** PostgreSQL does not run as root. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, user], { stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // There is no such user here.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody.");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A PostgreSQL server of the test's own, durable like a real one, in a temporary folder. */
export class PostgresServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.url = `postgres://streams@127.0.0.1:${port}/postgres`;
  }

  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(newFolder(), await freePort());
    server.#tool("initdb", ["-D", server.folder, "-U", "streams", "-A", "trust", "-E", "UTF8"]);
    server.#configure(settings);
    await server.run();
    return server;
  }

  /** A copy of a running server that follows it. */
  static async replicaOf(primary: PostgresServer, name: string): Promise<PostgresServer> {
    const server = new PostgresServer(newFolder(), await freePort());
    const connection = `host=127.0.0.1 port=${primary.port} user=streams application_name=${name}`;
    if (existsSync(join(binaries(), "pg_basebackup"))) {
      rmSync(server.folder, { recursive: true });
      server.#tool("pg_basebackup", ["-D", server.folder, "-d", connection, "-R", "-X", "stream"]);
    } else await server.#copyFrom(primary, connection);
    server.#configure([]);
    await server.run();
    return server;
  }

  /** Starts it, again after a stop. */
  async run(): Promise<void> {
    const child = spawn(join(binaries(), "postgres"), ["-D", this.folder], {
      stdio: "ignore",
      ...owner(),
    });
    this.#process = child;
    const sql = postgres(this.url, { max: 1, fetch_types: false, connect_timeout: 2, onnotice });
    for (let attempt = 0; ; attempt++) {
      try {
        await sql`SELECT 1`;
        break;
      } catch (error) {
        if (child.exitCode !== null || attempt > 300) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await sql.end();
  }

  /** `immediate` is what a power cut is to the server: it recovers when it starts again. */
  async stop(how: "immediate" | "fast" = "fast"): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(how === "immediate" ? "SIGQUIT" : "SIGINT");
    await exited;
    this.#process = undefined;
  }

  /** Waits until a replica follows, and takes on settings from then on. */
  async waitFor(replica: string, settings: readonly string[]): Promise<void> {
    const sql = postgres(this.url, { max: 1, fetch_types: false, onnotice });
    for (let attempt = 0; attempt < 300; attempt++) {
      const found = await sql`SELECT 1 FROM pg_stat_replication
        WHERE application_name = ${replica} AND state = 'streaming'`;
      if (found.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#configure(settings);
    await sql`SELECT pg_reload_conf()`;
    await sql.end();
  }

  promote(): void {
    this.#tool("pg_ctl", ["promote", "-D", this.folder, "-w"]);
  }

  async remove(): Promise<void> {
    await this.stop("immediate");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What pg_basebackup does: the programs from npm have none. */
  async #copyFrom(primary: PostgresServer, connection: string): Promise<void> {
    const sql = postgres(primary.url, { max: 1, fetch_types: false, onnotice });
    await sql`SELECT pg_backup_start(${this.folder}, true)`;
    execFileSync("cp", ["-a", `${primary.folder}/.`, this.folder], { stdio: "pipe", ...owner() });
    const [backup] = await sql<{ labelfile: string }[]>`SELECT labelfile FROM pg_backup_stop()`;
    await sql.end();
    rmSync(join(this.folder, "postmaster.pid"));
    this.#write("backup_label", backup?.labelfile ?? "");
    this.#write("standby.signal", "");
    this.#configure([`primary_conninfo = '${connection}'`]);
  }

  #write(name: string, content: string): void {
    const file = join(this.folder, name);
    writeFileSync(file, content);
    const user = owner();
    if (user) chownSync(file, user.uid, user.gid);
  }

  #configure(settings: readonly string[]): void {
    const lines = [
      `port = ${this.port}`,
      "listen_addresses = '127.0.0.1'",
      `unix_socket_directories = ''`,
      "max_connections = 100",
      "shared_buffers = 64MB",
      ...settings,
    ];
    writeFileSync(join(this.folder, "postgresql.auto.conf"), `${lines.join("\n")}\n`, {
      flag: "a",
    });
  }

  #tool(name: string, args: readonly string[]): void {
    execFileSync(join(binaries(), name), args, { stdio: "pipe", ...owner() });
  }
}

const onnotice = () => undefined;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "freshet-postgres-"));
  const user = owner();
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}
