import type { AwsCredentialProvider } from "./aws-credentials.ts";

/** Outside Node there is no AWS credential chain. */
export function loadCredentialChain(): Promise<AwsCredentialProvider | undefined> {
  return Promise.resolve(undefined);
}
