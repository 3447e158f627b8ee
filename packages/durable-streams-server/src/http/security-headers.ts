/** Headers of every response: what somebody stored is neither guessed at nor embedded elsewhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};
