import { expect, test } from "vitest";
import { checkWebhookUrl } from "../../../src/subscriptions/webhook/webhook-url.ts";

test.each([
  "https://hooks.example/path?x=1",
  "https://93.184.215.14/",
  "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
])("a webhook may go to %s", (url) => {
  expect(checkWebhookUrl(url, false).href).toBe(url);
});

test.each([
  "not a url",
  "ftp://hooks.example/",
  "http://hooks.example/",
  "https://user:password@hooks.example/",
  "http://localhost:1/",
  "https://localhost/",
  "https://a.localhost/",
  "https://printer.local/",
  "https://metadata.google.internal/",
  "https://127.0.0.1/",
  "https://0x7f000001/",
  "https://2130706433/",
  "https://10.1.2.3/",
  "https://172.31.0.1/",
  "https://192.168.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://100.64.0.1/",
  "https://0.0.0.0/",
  "https://224.0.0.1/",
  "https://[::1]/",
  "https://[::ffff:10.0.0.1]/",
  "https://[fe80::1]/",
  "https://[fd00::1]/",
  "https://[2002:a00:1::]/",
  "https://[64:ff9b::a00:1]/",
  "https://192.175.48.1/",
  "https://[2620:4f:8000::1]/",
])("a webhook may not go to %s", (url) => {
  expect(() => checkWebhookUrl(url, false)).toThrow(
    expect.objectContaining({ code: "WEBHOOK_URL_REJECTED" }),
  );
});

test("a webhook may go to this machine if that is allowed, over http only", () => {
  expect(checkWebhookUrl("http://localhost:3000/", true).port).toBe("3000");
  expect(checkWebhookUrl("http://127.0.0.1:3000/", true).port).toBe("3000");
  expect(() => checkWebhookUrl("http://10.0.0.1/", true)).toThrow();
  expect(() => checkWebhookUrl("https://127.0.0.1/", true)).toThrow();
});
