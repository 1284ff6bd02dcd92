/** The client generators that read openapi.yaml: how each is installed, run, compiled and used. */

export interface Generator {
  readonly name: string;
  /** Shell commands that install it, in `.generators`. They do nothing where it is installed. */
  readonly install: string;
  /** Writes a client from `$SPEC` into the current folder. */
  readonly read: string;
  readonly compile: string;
  /** Runs the program, which asks, fails, runs a tool and streams. */
  readonly use: string;
  /** The file of `programs`, copied into the current folder. */
  readonly program: readonly [file: string, copy: string];
  /** The generated client has no streams. */
  readonly withoutStream?: boolean;
}

const npmPackages = "@hey-api/openapi-ts@0.99.0 orval@8.38.0 openapi-fetch@0.17.0 typescript@5.9.3";
const npm = `[ -x $TOOLS/node_modules/.bin/orval ] || npm install --prefix $TOOLS --ignore-scripts --no-audit --no-fund ${npmPackages}`;
const python = `[ -x $TOOLS/venv/bin/openapi-python-client ] || { python3 -m venv $TOOLS/venv && $TOOLS/venv/bin/pip install -q openapi-python-client==0.29.1 ruff pydantic urllib3 python-dateutil typing-extensions lazy-imports; }`;
const jarVersion = "7.25.0";
const jar = `$HOME/.m2/repository/org/openapitools/openapi-generator-cli/${jarVersion}/openapi-generator-cli-${jarVersion}.jar`;
const java = `[ -f ${jar} ] || mvn -q dependency:get -Dartifact=org.openapitools:openapi-generator-cli:${jarVersion} -Dtransitive=false`;
const openapiGenerator = (language: string, more = ""): string =>
  `java -jar ${jar} generate -i $SPEC -g ${language} -o client ${more} --skip-validate-spec`;
const goTool = (tool: string, module: string): string =>
  `[ -x $TOOLS/bin/${tool} ] || GOBIN=$TOOLS/bin GOFLAGS=-mod=mod go install ${module}`;
const tsc =
  "node $TOOLS/node_modules/typescript/bin/tsc --noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler --allowImportingTsExtensions --lib es2022,dom,dom.iterable --types node --typeRoots $ROOT/node_modules/@types main.ts";
const nodeModules = 'ln -sfn $TOOLS/node_modules node_modules && printf \'{"type":"module"}\' > package.json';

/** The clients import their files without extension. */
const bundled =
  "$ROOT/node_modules/.bin/rolldown main.ts --platform node --format esm --file main.mjs >bundle.log && node main.mjs";

export const generators: readonly Generator[] = [
  {
    name: "openapi-typescript",
    install: npm,
    read: `${nodeModules} && $ROOT/node_modules/.bin/openapi-typescript $SPEC -o schema.ts`,
    compile: tsc,
    use: "node main.ts",
    program: ["openapi-typescript.ts", "main.ts"],
  },
  {
    name: "@hey-api/openapi-ts",
    install: npm,
    read: `${nodeModules} && $TOOLS/node_modules/.bin/openapi-ts -i $SPEC -o client -c @hey-api/client-fetch`,
    compile: tsc,
    use: bundled,
    program: ["hey-api.ts", "main.ts"],
  },
  {
    name: "orval",
    install: npm,
    read: `${nodeModules} && $TOOLS/node_modules/.bin/orval --input $SPEC --output client/api.ts --client fetch`,
    compile: tsc,
    use: "node main.ts",
    program: ["orval.ts", "main.ts"],
    withoutStream: true,
  },
  {
    name: "openapi-generator python",
    install: `${java} && { ${python}; }`,
    read: openapiGenerator("python"),
    compile: "$TOOLS/venv/bin/python -m compileall -q client/openapi_client",
    use: "PYTHONPATH=client $TOOLS/venv/bin/python main.py",
    program: ["openapi_generator.py", "main.py"],
  },
  {
    name: "openapi-generator typescript-fetch",
    install: `${java} && { ${npm}; }`,
    read: `${nodeModules} && ${openapiGenerator("typescript-fetch", "--additional-properties=importFileExtension=.ts")}`,
    compile: tsc,
    use: bundled,
    program: ["typescript-fetch.ts", "main.ts"],
  },
  {
    name: "openapi-generator go",
    install: java,
    read: `${openapiGenerator("go", "--git-user-id local --git-repo-id client --additional-properties=enumClassPrefix=true")} && rm -rf client/test`,
    compile: `{ [ -f go.mod ] || printf 'module matrix\\n\\ngo 1.24\\n\\nrequire github.com/local/client v0.0.0\\n\\nreplace github.com/local/client => ./client\\n' > go.mod; } && go mod tidy && go build -o main .`,
    use: "./main",
    program: ["openapi_generator.go", "main.go"],
    withoutStream: true,
  },
  {
    name: "openapi-generator java",
    install: java,
    read: openapiGenerator(
      "java",
      "--additional-properties=hideGenerationTimestamp=true --generate-alias-as-model",
    ),
    compile:
      "cp OpenapiGenerator.java client/src/main/java && mvn -q -f client/pom.xml -DskipTests compile dependency:build-classpath -Dmdep.outputFile=classpath",
    use: "java -cp client/target/classes:$(cat client/classpath) OpenapiGenerator",
    program: ["OpenapiGenerator.java", "OpenapiGenerator.java"],
  },
  {
    name: "openapi-python-client",
    install: python,
    // It reads no YAML.
    read: "echo 'content_type_overrides: { application/yaml: application/json }' > config.yml && PATH=$TOOLS/venv/bin:$PATH openapi-python-client generate --config config.yml --path $SPEC --output-path client --overwrite --meta none --fail-on-warning",
    compile: "$TOOLS/venv/bin/python -m compileall -q client",
    use: "$TOOLS/venv/bin/python main.py",
    program: ["openapi_python_client.py", "main.py"],
    withoutStream: true,
  },
  {
    name: "oapi-codegen",
    install: goTool("oapi-codegen", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"),
    read: "mkdir -p client && $TOOLS/bin/oapi-codegen -generate types,client -package client -o client/api.go $SPEC",
    compile:
      "{ [ -f go.mod ] || go mod init matrix; } && go get github.com/oapi-codegen/runtime@v1.9.0 && go mod tidy && go build -o main .",
    use: "./main",
    program: ["oapi_codegen.go", "main.go"],
  },
  {
    name: "ogen",
    install: goTool("ogen", "github.com/ogen-go/ogen/cmd/ogen@v1.24.0"),
    read: "cp $ROOT/scripts/generators/programs/ogen.yml . && node $ROOT/scripts/generators/ogen-document.ts $SPEC openapi.json && $TOOLS/bin/ogen --config ogen.yml --target client --package client --clean openapi.json",
    compile:
      "{ [ -f go.mod ] || go mod init matrix; } && go get github.com/ogen-go/ogen@v1.24.0 && go mod tidy && go build -o main .",
    use: "./main",
    program: ["ogen.go", "main.go"],
  },
];
