const hidden = "…";

/**
 * A URL for messages and logs: without user and password, and with the names but not the values of its query
 * parameters, since tokens and signatures stand there.
 *
 * @param shown - parameters whose values are not secret, such as a protocol's own
 */
export function redactUrl(url: string | URL, shown: readonly string[] = []): string {
  let parsed: URL;
  let isRelative = false;
  try {
    parsed = new URL(url);
  } catch {
    isRelative = true;
    try {
      parsed = new URL(url, "http://relative.invalid");
    } catch {
      return hidden;
    }
  }
  if (parsed.username !== "" || parsed.password !== "") {
    parsed.username = "";
    parsed.password = "";
  }
  const query = [...parsed.searchParams].map(([name, value]) =>
    shown.includes(name) || value === ""
      ? `${name}=${encodeURIComponent(value)}`
      : `${name}=${hidden}`,
  );
  const origin = isRelative ? "" : `${parsed.protocol}//${parsed.host}`;
  return `${origin}${parsed.pathname}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

/** Text of somebody else's (an error's message) with each of the secrets replaced by "…". */
export function redactText(text: string, secrets: readonly (string | undefined)[]): string {
  let redacted = text;
  for (const secret of secrets) {
    // Shorter ones are no secrets, and would tear words apart.
    if (secret !== undefined && secret.length >= 4) redacted = redacted.replaceAll(secret, hidden);
  }
  return redacted;
}
