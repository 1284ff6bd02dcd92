/** The conventions' names of model providers. Others keep the name that they are configured with. */

const names: Readonly<Record<string, string>> = {
  google: "gcp.gemini",
  gemini: "gcp.gemini",
  xai: "x_ai",
  mistral: "mistral_ai",
  moonshot: "moonshot_ai",
  bedrock: "aws.bedrock",
  azure: "azure.ai.openai",
};

export const toProviderName = (provider: string): string =>
  Object.hasOwn(names, provider) ? (names[provider] ?? provider) : provider;
