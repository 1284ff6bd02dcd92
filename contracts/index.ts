/** The catalogue: every endpoint, under its id. */
import { createChatCompletion } from "./http/chat/endpoint.ts";
import { getDocs, getOpenapiJson, getOpenapiYaml } from "./http/docs.ts";
import { getHealth, getReadiness } from "./http/health.ts";
import { listModels, retrieveModel } from "./http/models.ts";
import type { Endpoint } from "./endpoint.ts";

export const endpoints = {
  createChatCompletion,
  listModels,
  retrieveModel,
  getHealth,
  getReadiness,
  getOpenapiYaml,
  getOpenapiJson,
  getDocs,
} as const satisfies Readonly<Record<string, Endpoint>>;
