/** Reads an environment variable; browsers and some edge runtimes have none. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> };
  };
  const value = process?.env?.[name];
  // An empty variable is how a shell unsets one for a single command.
  return value === "" ? undefined : value;
}
