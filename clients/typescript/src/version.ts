/** Version of this package, sent to the gateway. A test compares it with package.json. */
export const clientVersion = "0.1.0";
