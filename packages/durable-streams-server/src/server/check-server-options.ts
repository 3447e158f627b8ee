import {
  aBoolean,
  aFunction,
  anObject,
  httpUrl,
  numberBetween,
  timeLimit,
  wholeNumber,
  type OptionRules,
} from "@freshet/core";
import { aLogger, expectOptions, invalidOption } from "../store/options.ts";
import { aBasePath } from "./base-path.ts";
import { corsRules } from "./cors.ts";
import type { DurableStreamsOptions, SubscriptionOptions } from "./options.ts";

const rules: OptionRules<DurableStreamsOptions> = {
  store: anObject,
  basePath: aBasePath,
  authorize: aFunction,
  cors: anObject,
  limits: anObject,
  longPollTimeoutMs: timeLimit,
  sseMaxAgeMs: timeLimit,
  pageBytes: wholeNumber(1),
  publicUrl: httpUrl,
  subscriptions: {
    expected: "an object, or false",
    accepts: (value) => value === false || anObject.accepts(value),
  },
  onMetric: aFunction,
  logger: aLogger,
};

const subscriptionRules: OptionRules<SubscriptionOptions> = {
  allowLocalWebhooks: aBoolean,
  signingKeyLifetimeMs: numberBetween(3_600_000, Infinity),
};

/** Checks all options but the limits. */
export function checkServerOptions(options: DurableStreamsOptions): void {
  expectOptions(options, rules);
  const { store, cors, subscriptions } = options;
  if ((store as unknown) === undefined) {
    throw invalidOption("store is missing: expected a store such as memoryStore().");
  }
  if (cors) {
    expectOptions(cors, corsRules, "cors.");
    if ((cors.origin as unknown) === undefined) {
      throw invalidOption(
        'cors.origin is missing: expected "*", an array of origins, or a function.',
      );
    }
  }
  if (subscriptions) {
    expectOptions(subscriptions, subscriptionRules, "subscriptions.");
  }
}
