/** A variable of the process, where there is one; browsers and some edge runtimes have none. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> };
  };
  const value = process?.env?.[name];
  // Set to nothing is how a shell takes a variable away for one command.
  return value === "" ? undefined : value;
}
