import { ignoreRejection } from "@freshet/core";
import type { CuttingProxy } from "../faults/cutting-proxy.ts";
import type { PlannedFault } from "../faults/fault-plan.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Display } from "./display.ts";

/** Makes the planned faults happen, and counts them. */
export class FaultRunner {
  readonly #pipeline: Pipeline;
  readonly #proxy: CuttingProxy;
  readonly #display: Display;
  #cuts = 0;
  #webServerKills = 0;
  #restarted: Promise<void> = Promise.resolve();

  constructor(pipeline: Pipeline, proxy: CuttingProxy, display: Display) {
    this.#pipeline = pipeline;
    this.#proxy = proxy;
    this.#display = display;
  }

  plan(faults: readonly PlannedFault[]): void {
    this.#proxy.setFaults(
      faults.map(({ afterBytes, target }) => ({ afterBytes, onHit: () => this.#hit(target) })),
    );
  }

  /** Resolves when everything that was killed runs again. */
  settled(): Promise<void> {
    return this.#restarted;
  }

  counts(): { cuts: number; webServerKills: number; faultsLeft: number } {
    const faultsLeft = this.#proxy.faultsLeft();
    return { cuts: this.#cuts, webServerKills: this.#webServerKills, faultsLeft };
  }

  #hit(target: PlannedFault["target"]): void {
    this.#display.fault(target === "connection" ? "cut" : "web server killed");
    if (target === "connection") {
      this.#cuts++;
      return;
    }
    this.#webServerKills++;
    this.#restarted = this.#restartWebServer();
    // `settled` rejects with the error; until it is called, the rejection must not count as unhandled.
    this.#restarted.catch(ignoreRejection);
  }

  async #restartWebServer(): Promise<void> {
    this.#proxy.setTarget(undefined);
    const { url } = await this.#pipeline.restart("web");
    this.#proxy.setTarget(url);
  }
}
