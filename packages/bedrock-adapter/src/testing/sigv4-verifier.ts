// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { AwsV4Signer } from "aws4fetch";
import type { AwsCredentials } from "../client/aws-credentials.ts";

/** The parts of a request that its signature covers. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array;
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;
const maxSkewMs = 5 * 60_000;

/**
 * Verifies a SigV4 signature as AWS does: by signing the request again with the secret key.
 *
 * @returns why the signature is invalid, or `undefined` if it is valid
 */
export async function verifySignature(
  request: SignedRequest,
  credentials: AwsCredentials,
): Promise<string | undefined> {
  const match = authorizationPattern.exec(request.headers.get("authorization") ?? "");
  if (!match) return "The authorization header is not a SigV4 signature.";
  const [, accessKeyId, day, region = "", service = "", signedHeaders = "", signature] = match;
  const datetime = request.headers.get("x-amz-date") ?? "";
  const problem = staleness(datetime, day ?? "") ?? (await bodyProblem(request));
  if (problem) return problem;
  if (accessKeyId !== credentials.accessKeyId) {
    return "The security token included in the request is invalid.";
  }
  if (service !== "bedrock")
    return `The signature is for the service "${service}": expected "bedrock".`;
  const token = request.headers.get("x-amz-security-token") ?? undefined;
  if (token !== credentials.sessionToken)
    return "The session token is not the one of these credentials.";
  const names = signedHeaders.split(";");
  if (!names.includes("host")) return "The signature does not cover the host.";
  const expected = await signAgain(request, credentials, { datetime, region, names });
  return expected === signature
    ? undefined
    : "The request signature we calculated does not match the signature you provided.";
}

async function signAgain(
  { method, url, headers, body }: SignedRequest,
  { accessKeyId, secretAccessKey }: AwsCredentials,
  { datetime, region, names }: { datetime: string; region: string; names: string[] },
): Promise<string | undefined> {
  const covered = new Headers();
  for (const name of names) {
    // The signer adds these itself, from the URL and the date.
    if (name !== "host" && name !== "x-amz-date") covered.set(name, headers.get(name) ?? "");
  }
  const signer = new AwsV4Signer({
    method,
    url,
    headers: covered,
    body: body as Uint8Array<ArrayBuffer>,
    service: "bedrock",
    region,
    accessKeyId,
    secretAccessKey,
    datetime,
    allHeaders: true,
  });
  const signed = await signer.sign();
  return /Signature=([0-9a-f]+)/.exec(signed.headers.get("authorization") ?? "")?.[1];
}

function staleness(datetime: string, day: string): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(datetime);
  if (!parts) return "The x-amz-date header is missing or malformed.";
  const [, year, month, date, hours, minutes, seconds] = parts.map(Number);
  const sent = Date.UTC(
    year ?? 0,
    (month ?? 1) - 1,
    date ?? 1,
    hours ?? 0,
    minutes ?? 0,
    seconds ?? 0,
  );
  if (!datetime.startsWith(day))
    return "The date in the credential scope is not the date of the request.";
  return Math.abs(Date.now() - sent) > maxSkewMs ? "Signature expired." : undefined;
}

/** Checks the hash in the header, which is signed in place of the body. */
async function bodyProblem({ headers, body }: SignedRequest): Promise<string | undefined> {
  const claimed = headers.get("x-amz-content-sha256");
  if (claimed === null) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", body as Uint8Array<ArrayBuffer>);
  const actual = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return claimed === actual.join("")
    ? undefined
    : "The provided x-amz-content-sha256 header does not match what was computed.";
}
