import { loadCredentialChain } from "#credential-chain";
import { BedrockError } from "../bedrock-error.ts";
import type { AwsCredentials } from "./aws-credentials.ts";

/** Reads a variable of the process's environment. */
export type Environment = (name: string) => string | undefined;

/**
 * Returns credentials from the environment variables, else from the AWS chain (profiles, SSO,
 * containers, instances) if @aws-sdk/credential-provider-node is installed.
 */
export async function defaultCredentials(environment: Environment): Promise<AwsCredentials> {
  const accessKeyId = environment("AWS_ACCESS_KEY_ID");
  const secretAccessKey = environment("AWS_SECRET_ACCESS_KEY");
  // As in the AWS SDK, a named profile wins over the variables.
  if (accessKeyId && secretAccessKey && !environment("AWS_PROFILE")) {
    return { accessKeyId, secretAccessKey, sessionToken: environment("AWS_SESSION_TOKEN") };
  }
  const provider = await loadCredentialChain();
  if (provider) return provider();
  throw new BedrockError(
    "CREDENTIALS",
    "There are no credentials: pass apiKey or credentials, set AWS_BEARER_TOKEN_BEDROCK or " +
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install @aws-sdk/credential-provider-node.",
  );
}
