import { inspect } from "node:util";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { reveal } from "../../contracts/config/secret.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const canary = "canary-7f3a9c";

const withSecrets = {
  gateway: { auth: { token: `${canary}-token`, password: "${PASSWORD}" } },
  models: {
    providers: {
      local: {
        baseUrl: "http://127.0.0.1:1/v1",
        apiKey: `${canary}-key`,
        headers: { "x-api-key": `${canary}-header` },
      },
    },
  },
};

test("a loaded secret is never printed, whatever prints the configuration", () => {
  const { config } = createConfigFile(withSecrets).load({ env: { PASSWORD: `${canary}-password` } });
  const { token } = config.gateway.auth;
  let printed = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString();
      done();
    },
  });
  const print = new Console(stream);
  print.log(config);
  print.log("%s %o %j", token, config, config);
  print.dir(config, { depth: null, showHidden: true });
  print.table(config.gateway.auth);
  printed += inspect(config, { depth: null, showHidden: true, customInspect: false });
  printed +=
    JSON.stringify(config) + String(token) + `<${token as unknown as string}>` + JSON.stringify({ ...token });
  printed += Object.values(config.gateway.auth).map(String).join() + Object.entries(token ?? {}).join();
  expect(printed).toContain("[redacted]");
  expect(printed).not.toContain(canary);
});

test("only reveal gives a secret's text", () => {
  const { config } = createConfigFile(withSecrets).load({ env: { PASSWORD: "from-outside" } });
  const { token, password } = config.gateway.auth;
  const provider = config.models.providers["local"];
  const texts = [token, password, provider?.apiKey, provider?.headers["x-api-key"]].map(
    (hidden) => hidden && reveal(hidden),
  );
  expect(texts).toEqual([`${canary}-token`, "from-outside", `${canary}-key`, `${canary}-header`]);
});

test("an error about a secret does not repeat it", () => {
  const { load } = createConfigFile({
    gateway: { auth: { token: { source: canary }, mode: "tokn", password: "p".repeat(5000) + canary } },
    models: { providers: { local: { baseUrl: `ftp://user:${canary}@host`, headers: { a: [canary] } } } },
  });
  expect(() => load()).toThrow(/gateway\.auth\.token\.id: is required/);
  try {
    load();
  } catch (error) {
    expect(inspect(error)).not.toContain(canary);
  }
});
