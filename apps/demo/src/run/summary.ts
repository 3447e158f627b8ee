import type { TallySummary } from "../protocol/tally.ts";

/** The result of a run. */
export interface Summary {
  /** Whether the reader got exactly what was written, and every planned fault happened. */
  readonly ok: boolean;
  readonly written: number;
  readonly read: number;
  readonly reconnects: number;
  readonly cuts: number;
  readonly web_server_kills: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Of the events as they were written. */
  readonly sha256: string;
  readonly sha256_match: boolean;
  readonly seed: number;
}

export interface Counts {
  readonly written: TallySummary;
  readonly read: TallySummary;
  /** The transcript that the web server returns afterwards. */
  readonly stored: TallySummary;
  readonly reconnects: number;
  readonly cuts: number;
  readonly webServerKills: number;
  readonly faultsLeft: number;
  readonly seed: number;
}

export function summarise(counts: Counts): Summary {
  const { written, read, stored } = counts;
  const lost = Math.max(0, written.events - (read.events - read.duplicates));
  const sha256_match = written.sha256 === read.sha256 && written.sha256 === stored.sha256;
  return {
    ok: lost === 0 && read.duplicates === 0 && sha256_match && counts.faultsLeft === 0,
    written: written.events,
    read: read.events,
    reconnects: counts.reconnects,
    cuts: counts.cuts,
    web_server_kills: counts.webServerKills,
    lost,
    duplicated: read.duplicates,
    sha256: written.sha256,
    sha256_match,
    seed: counts.seed,
  };
}

export function summaryLine(summary: Summary): string {
  const { written, read, reconnects, lost, duplicated, sha256_match } = summary;
  return [
    `${written} events written`,
    `${read} read`,
    `${reconnects} reconnects`,
    `${lost} lost`,
    `${duplicated} duplicated`,
    sha256_match ? "sha256 match" : "sha256 MISMATCH",
  ].join(", ");
}
