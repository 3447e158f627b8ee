import type { FaultCommand, Status } from "../protocol/api.ts";
import type { WebCommand, WebReport } from "../protocol/processes.ts";
import type { FaultControl } from "./app.ts";

/** Controls faults in the parent process, over the IPC channel. */
export class ParentControl implements FaultControl {
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

  inject(command: FaultCommand): Promise<Status> {
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
