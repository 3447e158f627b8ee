import type { CapturedResponse } from "../bedrock/captured-response.ts";
import type { TallySummary } from "../protocol/tally.ts";

/** The result of a run. */
export interface Summary {
  /** Whether the reader got exactly what was written and captured, and every planned fault happened. */
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
  /** Of a replayed capture: what it holds, and whether the reader got exactly that. */
  readonly capture?: CaptureSummary;
  readonly seed: number;
}

export interface CaptureSummary {
  readonly match: boolean;
  /** The length of the text that the capture holds. */
  readonly characters: number;
  /** The code of the error that the capture ends with; null if it is complete. */
  readonly error: string | null;
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
  /** Of a replayed capture: what it holds, and what the reader got of it. */
  readonly capture?: { readonly held: CapturedResponse; readonly read: CapturedResponse };
}

export function summarise(counts: Counts): Summary {
  const { written, read, stored } = counts;
  const lost = Math.max(0, written.events - (read.events - read.duplicates));
  const sha256_match = written.sha256 === read.sha256 && written.sha256 === stored.sha256;
  const capture = counts.capture && compareCapture(counts.capture);
  const isExact = lost === 0 && read.duplicates === 0 && sha256_match;
  return {
    ok: isExact && capture?.match !== false && counts.faultsLeft === 0,
    written: written.events,
    read: read.events,
    reconnects: counts.reconnects,
    cuts: counts.cuts,
    web_server_kills: counts.webServerKills,
    lost,
    duplicated: read.duplicates,
    sha256: written.sha256,
    sha256_match,
    ...(capture && { capture }),
    seed: counts.seed,
  };
}

function compareCapture({ held, read }: NonNullable<Counts["capture"]>): CaptureSummary {
  return {
    match: held.text === read.text && held.errorType === read.errorType,
    characters: held.text.length,
    error: held.errorType ?? null,
  };
}

export function summaryLine(summary: Summary): string {
  const { written, read, reconnects, lost, duplicated, sha256_match, capture } = summary;
  return [
    `${written} events written`,
    `${read} read`,
    `${reconnects} reconnects`,
    `${lost} lost`,
    `${duplicated} duplicated`,
    sha256_match ? "sha256 match" : "sha256 MISMATCH",
    ...(capture ? [captureWords(capture)] : []),
  ].join(", ");
}

function captureWords({ match, characters, error }: CaptureSummary): string {
  if (!match) return "capture MISMATCH";
  const end = error === null ? "" : `, then ${error}`;
  return `capture match (${characters} characters${end})`;
}
