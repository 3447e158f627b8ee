import type { BedrockFault, FaultCommand, KillableService } from "../protocol/api.ts";

const services: readonly KillableService[] = ["web", "worker", "streams"];
const bedrockFaults: readonly BedrockFault[] = ["throttle", "stall", "checksum", "end-early"];
const maxCutBytes = 1024 * 1024;
const maxLatencyMs = 10_000;

/** Parses a browser's command; undefined if it is invalid. */
export function parseFaultCommand(value: unknown): FaultCommand | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, bytes, ms, service, fault } = value as Record<string, unknown>;
  switch (kind) {
    case "cut":
      return { kind };
    case "cut-every":
      return isWhole(bytes, maxCutBytes) ? { kind, bytes } : undefined;
    case "latency":
      return isWhole(ms, maxLatencyMs) ? { kind, ms } : undefined;
    case "kill": {
      const name = services.find((one) => one === service);
      return name && { kind, service: name };
    }
    case "bedrock": {
      const name = bedrockFaults.find((one) => one === fault);
      return name && { kind, fault: name };
    }
    default:
      return undefined;
  }
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}
