import type { AwsCredentialProvider } from "./credentials.ts";

/** Outside Node there is no AWS credential chain. */
export function loadDefaultCredentials(): Promise<AwsCredentialProvider | undefined> {
  return Promise.resolve(undefined);
}
