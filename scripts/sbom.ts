/** The bill of materials of the published package, in CycloneDX 1.6: what the bundle has, and what is installed beside it. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
  readonly link?: boolean;
}

interface Component {
  readonly type: "library";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly scope: "required" | "optional";
  readonly licenses?: readonly [{ readonly expression: string }];
  readonly hashes?: readonly [{ readonly alg: "SHA-512"; readonly content: string }];
}

const folderPrefix = /^.*node_modules\//;

/** @param bundledFolders absolute paths of the packages whose code is in the bundle */
export function createSbom(root: string, bundledFolders: readonly string[]): object {
  const { name, version, license } = readJson(join(root, "package.json")) as Readonly<Record<string, string>>;
  const { packages } = readJson(join(root, "package-lock.json")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const bundled = new Set(bundledFolders.map((folder) => relative(root, folder).replaceAll("\\", "/")));
  const isPublished = ([folder, each]: readonly [string, LockedPackage]): boolean =>
    bundled.has(folder) || (folder.startsWith("node_modules/") && !each.dev && !each.peer && !each.link);
  const components = Object.entries(packages).filter(isPublished).map(toComponent);
  const unique = new Map(components.map((component) => [component.purl, component]));
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": `pkg:npm/${name}@${version}`,
        name,
        version,
        purl: `pkg:npm/${name}@${version}`,
        licenses: [{ expression: license }],
      },
    },
    components: [...unique.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : 1)),
  };
}

function toComponent([folder, { version, license, integrity, optional }]: readonly [
  string,
  LockedPackage,
]): Component {
  const name = folder.replace(folderPrefix, "");
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const digest = /^sha512-(.+)$/.exec(integrity ?? "")?.[1];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    scope: optional === true ? "optional" : "required",
    ...(license !== undefined && { licenses: [{ expression: license }] as const }),
    ...(digest !== undefined && {
      hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] as const,
    }),
  };
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
