import { readdirSync } from "node:fs";
import eslint from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** The table of docs/architecture.md: which of our packages a package's source may import. */
const mayImport = {
  core: [],
  "eventstream-codec": ["core"],
  "bedrock-adapter": ["core", "eventstream-codec"],
  "agent-sse": ["core"],
  "durable-streams-client": ["core"],
  "durable-streams-server": ["core"],
  // For tests alone: in no package's list, so that no source can import it.
  "test-support": [],
};
const packages = readdirSync(new URL("packages/", import.meta.url));
const apps = readdirSync(new URL("apps/", import.meta.url));

function architecture(name) {
  const allowed = mayImport[name];
  if (!allowed) throw new Error(`packages/${name} is missing from the table in eslint.config.js`);
  const forbidden = packages.filter((other) => other !== name && !allowed.includes(other));
  return {
    files: [`packages/${name}/src/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: forbidden.flatMap((other) => [`@freshet/${other}`, `@freshet/${other}/**`]),
              message: `@freshet/${name} may import only: ${allowed.join(", ") || "nothing of ours"}.`,
            },
            deepImports,
          ],
        },
      ],
      "import-x/no-extraneous-dependencies": ["error", { devDependencies: false }],
    },
  };
}

// An abort rejects with the signal's own reason, whatever that is.
const abortReasons = { allowThrowingAny: true, allowThrowingUnknown: true };

/** A workspace folder may import what it declares; its tests also the tools that the root declares. */
function declaredDependencies(folder) {
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: {
      "import-x/no-extraneous-dependencies": [
        "error",
        { packageDir: [import.meta.dirname, `${import.meta.dirname}/${folder}`] },
      ],
    },
  };
}

const deepImports = {
  group: ["@freshet/*/src/**", "@freshet/*/dist/**", "**/packages/**"],
  message: "Import a package by one of its public entries.",
};

export default defineConfig(
  { ignores: ["**/dist/", "**/.turbo/", "**/coverage/"] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createTypeScriptImportResolver({ conditionNames: ["@freshet/source", "types", "import"] }),
      ],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
    },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-relative-packages": "error",
      "no-restricted-imports": ["error", { patterns: [deepImports] }],
      // isolatedDeclarations asks for the annotation that this rule would remove.
      "@typescript-eslint/no-inferrable-types": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/prefer-promise-reject-errors": ["error", abortReasons],
      "@typescript-eslint/only-throw-error": ["error", abortReasons],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  ...packages.map((name) => declaredDependencies(`packages/${name}`)),
  ...apps.map((name) => declaredDependencies(`apps/${name}`)),
  ...packages.map(architecture),
  {
    files: ["**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
);
