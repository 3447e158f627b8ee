import type { JsonValue } from "@freshet/bedrock-adapter";

/** A tool that the model may call: its description for the model, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema. */
  readonly inputSchema: JsonValue;
  run(input: unknown): Promise<Record<string, unknown>>;
}

const gauges: Record<string, { level_cm: number; trend_cm_per_hour: number }> = {
  dresden: { level_cm: 412, trend_cm_per_hour: 6 },
  "bad schandau": { level_cm: 437, trend_cm_per_hour: 4 },
  magdeburg: { level_cm: 268, trend_cm_per_hour: 2 },
};

/** A simulated river gauge with fixed figures, so that the demo needs no network. */
export const riverLevel: Tool = {
  name: "river_level",
  description: "The current water level at a gauge on the Elbe, and how it changes.",
  inputSchema: {
    type: "object",
    properties: { station: { type: "string", description: "The gauge, for example Dresden" } },
    required: ["station"],
  },
  run: (input) => {
    const station =
      typeof input === "object" && input !== null && "station" in input
        ? String(input.station)
        : "";
    const gauge = gauges[station.trim().toLowerCase()];
    if (!gauge) {
      return Promise.reject(
        new Error(`There is no gauge "${station}". Known: ${Object.keys(gauges).join(", ")}.`),
      );
    }
    return Promise.resolve({ station, ...gauge });
  },
};
