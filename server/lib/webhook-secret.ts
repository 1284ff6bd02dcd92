/** The form of a webhook's secret, by Standard Webhooks. */

export const webhookSecretPrefix = "whsec_";

/** Bytes of the key. */
const length = { min: 24, max: 64 };
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Returns what is wrong with the secret; undefined for a good one. Never contains the secret. */
export function findSecretProblem(secret: string): string | undefined {
  const hint = 'make one with: echo "whsec_$(openssl rand -base64 32)"';
  if (!secret.startsWith(webhookSecretPrefix)) return `must begin with ${webhookSecretPrefix}; ${hint}`;
  const text = secret.slice(webhookSecretPrefix.length);
  if (!base64.test(text)) return `must be ${webhookSecretPrefix} and Base64; ${hint}`;
  const bytes = Buffer.from(text, "base64").length;
  return bytes >= length.min && bytes <= length.max
    ? undefined
    : `must have ${length.min} to ${length.max} bytes in Base64, and has ${bytes}; ${hint}`;
}
