import { argumentsProblem } from "@freshet/core";

export const usage = `durable-streams: a server of the Durable Streams protocol

  durable-streams serve [--data DIR | --postgres URL | --memory] [options]
    --data DIR             keep the streams in a folder, in LMDB (needs the package lmdb)
    --wait-for-lock        if another process serves the folder, wait until it has ended
    --postgres URL         keep them in PostgreSQL (needs the package postgres)
    --memory               keep them in memory, where they end with the process (default)
    --port PORT            default 4437; 0 takes a free one
    --host HOST            default 127.0.0.1; 0.0.0.0 or :: for all addresses
    --base-path PATH       the URL path in front of streams, default /v1/stream
    --token TOKEN          require "Authorization: Bearer TOKEN"; may be repeated. The environment
                           variable DURABLE_STREAMS_TOKEN hides it from other users
    --max-connections N    connections at the same time, default 25000
    --first-byte-timeout S seconds that a connection may send nothing, default 10; 0 for no limit
    --header-timeout S     seconds that the headers of a request may take, default 20; 0 for no limit
    --min-body-rate N      the least bytes per second of a body, default 1024; 0 for any
    --body-budget N        the bytes of all bodies under way, default 33554432 (32 MiB)
    --cors ORIGIN          allow pages of an origin, or of all ("*"); may be repeated
    --public-url URL       the origin that clients know, for Location and callbacks
    --allow-local-webhooks allow webhooks to http://localhost (development)
    --log-level LEVEL      trace, debug, info (default), warn, error, fatal or silent

  durable-streams inspect URL [options]
    lists the messages of a stream with their positions
    --offset OFFSET        where to begin (default -1, the start)
    --follow               wait for more at the end
    --json                 one JSON object per line
    --token TOKEN          sent as "Authorization: Bearer TOKEN"; or DURABLE_STREAMS_TOKEN

  durable-streams --help     shows this text
  durable-streams --version  shows the version

Exit status: 0 after a stop or the end of a listing, 1 after a failure, 2 if the command line is wrong.`;

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Runs a parser of arguments, whose errors are about the command line. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(argumentsProblem(error), { cause: error });
  }
}

/** A token that is not on the command line, where other users could see it. */
export function tokenOfEnvironment(): string | undefined {
  return process.env["DURABLE_STREAMS_TOKEN"] ?? undefined;
}
