"""Uses the Python client of openapi-generator."""
import os

import openapi_client as api

client = api.ApiClient(api.Configuration(host=os.environ["URL"], access_token=os.environ["TOKEN"]))
chat = api.ChatApi(client)


def ask(text, model="openclaw", stream=None):
    message = api.ChatMessage(api.ChatUserMessage(role="user", content=api.ChatUserContent(text)))
    return api.ChatCompletionRequest(model=model, messages=[message], stream=stream)


completion = chat.create_chat_completion(ask("say hello"))
print("chat:", completion.choices[0].message.content)

try:
    chat.create_chat_completion(ask("hi", model="openclaw:nobody"))
except api.ApiException as error:
    print("error:", error.status, error.data.error.code)

request = api.InvokeToolRequest(tool="exec", args={"command": "printf invoked"})
invocation = api.ToolsApi(client).invoke_tool(request)
print("tool:", invocation.actual_instance.result.content[0].actual_instance.text.strip())

response = chat.create_chat_completion_without_preload_content(ask("say one two three", stream=True))
text = ""
# Iterating urllib3's response gives its lines as they arrive.
for line in response:
    if line.startswith(b"data: {"):
        chunk = api.ChatCompletionChunk.from_json(line[len(b"data: "):].decode())
        text += chunk.choices[0].delta.content or ""
print("stream:", text)
