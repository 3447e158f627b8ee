import { parseArgs } from "node:util";
import { parsed, tokenOfEnvironment, UsageError } from "./usage.ts";

export interface InspectArguments {
  readonly url: URL;
  readonly offset: string;
  readonly follow: boolean;
  readonly json: boolean;
  readonly token: string | undefined;
}

/** @returns `undefined` if help is requested */
export function inspectArguments(args: string[]): InspectArguments | undefined {
  const { values, positionals } = parsed(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        offset: { type: "string", default: "-1" },
        follow: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        token: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (values.help) return undefined;
  const [text, ...others] = positionals;
  if (text === undefined || others.length > 0) {
    throw new UsageError("Wrong number of URLs: inspect needs the URL of one stream.");
  }
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError(`Invalid URL ${JSON.stringify(text)}: expected an http or https URL.`);
  }
  return {
    url: new URL(text),
    offset: values.offset,
    follow: values.follow,
    json: values.json,
    token: values.token ?? tokenOfEnvironment(),
  };
}
