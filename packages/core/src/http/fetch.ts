/** What sends a request: the platform's `fetch`, or a function of the same shape. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;
