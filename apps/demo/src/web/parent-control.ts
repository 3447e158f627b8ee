import type { FaultCommand, Status } from "../protocol/api.ts";
import type { ControlRoom } from "./app.ts";

/** What a browser asked for, on its way to the process that can do it. */
export interface WebReport {
  readonly kind: "fault";
  readonly request: number;
  readonly command: FaultCommand;
}

/** How everything is; `request` says which fault it answers. */
export interface WebCommand {
  readonly kind: "status";
  readonly status: Status;
  readonly request?: number;
}

/** The control room as it is seen from here: at the other end of the IPC channel. */
export class ParentControl implements ControlRoom {
  readonly #report: (report: WebReport) => void;
  readonly #waiting = new Map<number, (status: Status) => void>();
  #status: Status | undefined;
  #requests = 0;

  constructor(report: (report: WebReport) => void) {
    this.#report = report;
  }

  status(): Status | undefined {
    return this.#status;
  }

  breakIt(command: FaultCommand): Promise<Status> {
    const request = ++this.#requests;
    this.#report({ kind: "fault", request, command });
    return new Promise((resolve) => this.#waiting.set(request, resolve));
  }

  receive({ status, request }: WebCommand): void {
    this.#status = status;
    if (request === undefined) return;
    this.#waiting.get(request)?.(status);
    this.#waiting.delete(request);
  }
}
