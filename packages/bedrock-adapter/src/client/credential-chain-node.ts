import type { AwsCredentialProvider } from "./aws-credentials.ts";

let provider: Promise<AwsCredentialProvider | undefined> | undefined;

/** Loads the AWS credential chain, if the optional peer is installed. */
export function loadCredentialChain(): Promise<AwsCredentialProvider | undefined> {
  return (provider ??= load());
}

async function load(): Promise<AwsCredentialProvider | undefined> {
  try {
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    return defaultProvider();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}
