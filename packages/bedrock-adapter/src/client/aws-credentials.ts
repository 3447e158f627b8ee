/** AWS credentials for SigV4. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  /** When they expire. */
  expiration?: Date | undefined;
}

/** A function that returns credentials, such as a credential provider of the AWS SDK. */
export type AwsCredentialProvider = () => Promise<AwsCredentials>;
