// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { AwsV4Signer } from "aws4fetch";
import type { AwsCredentialProvider, AwsCredentials } from "./aws-credentials.ts";
import { CredentialCache } from "./credential-cache.ts";
import { defaultCredentials, type Environment } from "./default-credentials.ts";
import type { UnsignedRequest } from "./unsigned-request.ts";

/**
 * Signs requests with SigV4 for the service `bedrock`. Imported by the first request that needs it: with
 * an API key neither the signer nor the credentials are ever loaded.
 */
export class RequestSigner {
  readonly #region: string;
  readonly #credentials: CredentialCache;

  /** @param environment - reads the variables that credentials come from when none are given */
  constructor(
    region: string,
    credentials: AwsCredentials | AwsCredentialProvider | undefined,
    environment: Environment,
  ) {
    this.#region = region;
    const provider =
      typeof credentials === "function"
        ? credentials
        : () => credentials ?? defaultCredentials(environment);
    this.#credentials = new CredentialCache(provider);
  }

  /** @throws BedrockError CREDENTIALS if there are none */
  async sign(url: string, request: UnsignedRequest): Promise<Headers> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#credentials.get();
    const signer = new AwsV4Signer({
      method: "POST",
      url,
      headers: request.headers,
      body: request.body as string | ArrayBufferView<ArrayBuffer>,
      service: "bedrock",
      region: this.#region,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
    });
    return (await signer.sign()).headers;
  }
}
