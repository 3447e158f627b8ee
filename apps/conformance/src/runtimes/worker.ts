// The entry for workerd: a request with the servers as its JSON gets the outcomes as JSON.
import { runAll } from "./all.ts";
import type { Servers } from "./round-trip.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await runAll((await request.json()) as Servers));
  },
};
