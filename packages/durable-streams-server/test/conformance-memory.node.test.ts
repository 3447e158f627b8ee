import { memoryStore } from "../src/index.ts";
import { conformance } from "./support/conformance.ts";

conformance(() => Promise.resolve({ store: memoryStore(), remove: () => Promise.resolve() }));
