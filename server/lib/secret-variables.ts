/** Recognizes environment variables that hold a secret. */

/** Variables such as `…_TOKEN`, `PGPASSWORD` and `AWS_…` count as secrets because of their names. */
const secretNames: readonly RegExp[] = [
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)S?(?:_|$)/i,
  /_(?:KEYS?|AUTH|PASS|PAT|PWD|DSN)$/i,
  /^(?:AWS|AZURE)_/i,
  /DATABASE_URL$/i,
];

const urlWithPassword = /:\/\/[^/\s:@]*:[^/\s@]+@/;

export function isSecretVariable(name: string, value: string): boolean {
  return secretNames.some((pattern) => pattern.test(name)) || urlWithPassword.test(value);
}
