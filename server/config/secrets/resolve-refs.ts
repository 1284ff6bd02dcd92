/** Replaces references to secrets by their text: from a variable, from a file, or from a program. */
import { SecretRef } from "../../../contracts/config/secret.ts";
import { Secrets } from "../../../contracts/config/secrets.ts";
import { replaceAt } from "../draft.ts";
import { listMatches, secretPaths } from "../secret-paths.ts";
import { getAt, isPlainObject, type Path, type Report } from "../tree.ts";
import { readJsonPointer, readSecretFile } from "./read-secret-file.ts";
import type { SecretCommand, SecretResults } from "./secret-command.ts";

/** Older spellings, and those of templates. In OpenClaw too they are plain text. */
const foreignReference = /^(?:secretref:|\{\{.*\}\}$)/i;

interface PlacedRef {
  readonly path: Path;
  readonly id: string;
}

export interface PreparedRefs {
  /** Programs to run, each once. */
  readonly commands: readonly SecretCommand[];
  /** Takes the results of the programs, in the same order. */
  readonly finish: (results: readonly SecretResults[]) => void;
}

interface ResolveOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly report: Report;
  readonly warn: Report;
  /** Called with each file that has secrets. */
  readonly onRead?: ((file: string) => void) | undefined;
}

type Outcome = { readonly value: string } | { readonly problem: string };

/** Changes the tree in place. Reports each reference that gives no secret; another one is never used instead. */
export function prepareRefs(tree: unknown, { env, report, warn, onRead }: ResolveOptions): PreparedRefs {
  const parsed = Secrets.safeParse(getAt(tree, "secrets"));
  // The schema reports a mistake in the providers.
  const { providers, defaults } = parsed.success ? parsed.data : Secrets.parse({});
  const files = new Map<string, ReturnType<typeof readSecretFile>>();
  const byCommand = new Map<string, PlacedRef[]>();

  const settle = ({ path }: { readonly path: Path }, outcome: Outcome): void => {
    if ("problem" in outcome) report(path, outcome.problem);
    replaceAt(tree, path, "value" in outcome ? outcome.value : "");
  };

  function resolve({ source, provider, id }: SecretRef, path: Path): Outcome | undefined {
    const fallback = defaults[source] ?? "default";
    const name = provider ?? fallback;
    const settings = providers[name];
    if (source === "store" || settings?.source === "store") {
      return {
        problem:
          "is in OpenClaw's own store or behind one of its plugins: print it with its `openclaw secrets store get` and put it into .env of the state folder",
      };
    }
    if (source === "env" && settings === undefined && name === fallback) return readVariable(id);
    if (settings === undefined || settings.source !== source)
      return parsed.success
        ? {
            problem: `there is no provider ${JSON.stringify(name)} with source "${source}" in secrets.providers`,
          }
        : undefined;
    if (settings.source === "env") {
      return settings.allowlist === undefined || settings.allowlist.includes(id)
        ? readVariable(id)
        : { problem: `${id} is not in the allowlist of secrets.providers.${name}` };
    }
    if (settings.source === "exec") {
      if (settings.command === undefined) return undefined;
      byCommand.set(name, [...(byCommand.get(name) ?? []), { path, id }]);
      return undefined;
    }
    if (settings.path === undefined) return undefined;
    onRead?.(settings.path);
    const file = files.get(name) ?? readSecretFile({ path: settings.path, maxBytes: settings.maxBytes });
    files.set(name, file);
    return "problem" in file ? file : readValue(file.text, settings.mode, id, name);
  }

  function readVariable(name: string): Outcome {
    const value = env[name];
    return value ? { value } : { problem: `the environment variable ${name} is not set or empty` };
  }

  for (const pattern of secretPaths) {
    for (const path of listMatches(tree, pattern)) {
      const value = getAt(tree, ...path);
      if (typeof value === "string" && foreignReference.test(value))
        warn(path, "is used as it stands, though it looks like a reference of another program");
      const ref = isPlainObject(value) ? SecretRef.safeParse(value) : undefined;
      const outcome = ref?.success ? resolve(ref.data, path) : undefined;
      if (outcome !== undefined) settle({ path }, outcome);
    }
  }
  const commands = [...byCommand].map(([name, refs]): SecretCommand => {
    const settings = providers[name];
    if (settings?.command === undefined) throw new Error(`${name} is not a program`);
    const ids = [...new Set(refs.map(({ id }) => id))];
    return { provider: name, settings: { ...settings, command: settings.command }, ids, env };
  });
  return {
    commands,
    finish(results) {
      commands.forEach(({ provider }, index) => {
        for (const ref of byCommand.get(provider) ?? []) {
          const outcome = results[index]?.get(ref.id) ?? { problem: "has no answer" };
          settle(
            ref,
            "value" in outcome
              ? outcome
              : { problem: `the program of secrets.providers.${provider} ${outcome.problem}` },
          );
        }
      });
    },
  };
}

function readValue(text: string, mode: "json" | "singleValue", id: string, name: string): Outcome {
  if (mode === "singleValue") {
    if (id !== "value") return { problem: `secrets.providers.${name} has one secret; its id is "value"` };
    return toOutcome(text.replace(/\r?\n$/, ""), `the file of secrets.providers.${name} is empty`);
  }
  try {
    return toOutcome(
      readJsonPointer(JSON.parse(text), id),
      `the file of secrets.providers.${name} has no text at ${JSON.stringify(id)}`,
    );
  } catch {
    return { problem: `the file of secrets.providers.${name} is not JSON` };
  }
}

const toOutcome = (value: unknown, problem: string): Outcome =>
  typeof value === "string" && value !== "" ? { value } : { problem };
