// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { AwsV4Signer } from "aws4fetch";
import type { UnsignedRequest } from "./bedrock-request.ts";
import {
  CredentialCache,
  defaultCredentials,
  type AwsCredentialProvider,
  type AwsCredentials,
} from "./credentials.ts";

/**
 * SigV4 for the service `bedrock`. Imported by the first request that needs it: with an API key neither
 * the signer nor the credentials are ever loaded.
 */
export class RequestSigner {
  readonly #region: string;
  readonly #credentials: CredentialCache;

  constructor(region: string, credentials: AwsCredentials | AwsCredentialProvider | undefined) {
    this.#region = region;
    this.#credentials = new CredentialCache(providerOf(credentials));
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

function providerOf(
  credentials: AwsCredentials | AwsCredentialProvider | undefined,
): AwsCredentialProvider {
  if (credentials === undefined) return defaultCredentials;
  return typeof credentials === "function" ? credentials : () => Promise.resolve(credentials);
}
