// https://smithy.io/2.0/aws/amazon-eventstream.html#prelude

/** The length of a prelude: total length, headers length and the checksum of both. */
export const preludeBytes = 12;

/** The length of a frame without headers and payload: the prelude and the message's checksum. */
export const minMessageBytes = 16;
