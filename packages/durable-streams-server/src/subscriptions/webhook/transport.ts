/** One POST to a webhook. Redirects are not followed: they could lead anywhere. */
export interface WebhookRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the address may be one of this machine. */
  readonly allowLocal: boolean;
  readonly signal: AbortSignal;
}

export interface WebhookResponse {
  readonly status: number;
  /** At most {@link MAX_RESPONSE_BYTES}: a longer one is a failure. */
  readonly body: string;
}

export type SendWebhook = (request: WebhookRequest) => Promise<WebhookResponse>;

/** The only response that has a meaning is `{"done": true}`. */
export const MAX_RESPONSE_BYTES: number = 64 * 1024;

export function responseTooLong(): Error {
  return new Error(`The webhook responded with more than ${MAX_RESPONSE_BYTES} bytes.`);
}
