export { concatenate, utf8 } from "./bytes.ts";
export { seededRandom } from "./seeded-random.ts";
export { cutAt, cutAtRandom, cutEvery, everyCut, slicings } from "./slicings.ts";
