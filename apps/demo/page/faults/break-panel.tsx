import { useState, type ReactElement } from "react";
import type {
  BedrockFault,
  FaultCommand,
  KillableService,
  ServiceState,
} from "../../src/protocol/api.ts";
import { errorMessage } from "../server/error-message.ts";
import type { PolledStatus } from "../server/use-status.ts";

const kills: readonly [KillableService, string][] = [
  ["web", "Web server"],
  ["worker", "Worker"],
  ["streams", "Durable streams"],
];
const bedrockFaults: readonly [BedrockFault, string][] = [
  ["throttle", "Throttle"],
  ["stall", "Stall"],
  ["checksum", "Wrong checksum"],
  ["end-early", "End early"],
];
const cutSizes = [0, 4096, 2048, 1024];
const latencies = [0, 100, 400, 1500];

/** The controls that break the pipeline, grouped by the part that they break. */
export function BreakPanel({ status, isAway, injectFault }: PolledStatus): ReactElement {
  const [failure, setFailure] = useState<string>();
  const send = (command: FaultCommand) => {
    setFailure(undefined);
    injectFault(command).catch((error: unknown) => setFailure(errorMessage(error)));
  };
  const isReal = status?.model.kind === "real";
  const service = (name: string) => status?.services.find((one) => one.name === name);
  return (
    <section className="break" aria-labelledby="break-title">
      <h2 id="break-title">Break it</h2>
      <div className="break-grid">
        <fieldset>
          <legend>The reader’s connection</legend>
          <div className="buttons">
            <button type="button" onClick={() => send({ kind: "cut" })}>
              Cut now
            </button>
            <Choice
              label="Cut every"
              value={status?.cutEveryBytes ?? 0}
              options={cutSizes}
              text={(bytes) => (bytes === 0 ? "never" : `${bytes} bytes`)}
              onChange={(bytes) => send({ kind: "cut-every", bytes })}
            />
            <Choice
              label="Latency"
              value={status?.latencyMs ?? 0}
              options={latencies}
              text={(ms) => (ms === 0 ? "none" : `${ms} ms`)}
              onChange={(ms) => send({ kind: "latency", ms })}
            />
          </div>
        </fieldset>
        <fieldset>
          <legend>Kill a process</legend>
          <div className="buttons">
            {kills.map(([name, label]) => (
              <button
                key={name}
                type="button"
                disabled={service(name)?.state === "restarting"}
                onClick={() => send({ kind: "kill", service: name })}
              >
                <Lamp service={service(name)} isAway={name === "web" && isAway} />
                {label}
              </button>
            ))}
          </div>
        </fieldset>
        <fieldset disabled={isReal}>
          <legend>Make Bedrock {isReal && "(only the simulated one)"}</legend>
          <div className="buttons">
            {bedrockFaults.map(([fault, label]) => (
              <button
                key={fault}
                type="button"
                aria-pressed={status?.armedBedrockFault === fault}
                onClick={() => send({ kind: "bedrock", fault })}
              >
                {label}
              </button>
            ))}
          </div>
        </fieldset>
      </div>
      {failure !== undefined && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
    </section>
  );
}

function Lamp({
  service,
  isAway,
}: {
  service: ServiceState | undefined;
  isAway: boolean;
}): ReactElement {
  const isUp = service?.state === "up" && !isAway;
  return (
    <>
      <span className={isUp ? "lamp is-up" : "lamp"} aria-hidden="true" />
      <span className="sr-only">{isUp ? "running:" : "down:"} kill</span>
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: number;
  options: readonly number[];
  text: (value: number) => string;
  onChange: (value: number) => void;
}

function Choice({ label, value, options, text, onChange }: ChoiceProps): ReactElement {
  const all = options.includes(value) ? options : [...options, value];
  return (
    <label className="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {all.map((option) => (
          <option key={option} value={option}>
            {text(option)}
          </option>
        ))}
      </select>
    </label>
  );
}
