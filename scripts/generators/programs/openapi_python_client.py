"""Uses the client of openapi-python-client."""
import os

from client import AuthenticatedClient, models
from client.api.chat import create_chat_completion
from client.api.tools import invoke_tool

client = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["TOKEN"])


def ask(text, model="openclaw"):
    message = models.ChatUserMessage(role=models.ChatUserMessageRole.USER, content=text)
    body = models.ChatCompletionRequest(model=model, messages=[message])
    return create_chat_completion.sync_detailed(client=client, body=body)


print("chat:", ask("say hello").parsed.choices[0].message.content)

failure = ask("hi", model="openclaw:nobody")
print("error:", failure.status_code.value, failure.parsed.error.code)

args = models.InvokeToolRequestArgsType0.from_dict({"command": "printf invoked"})
invocation = invoke_tool.sync(client=client, body=models.InvokeToolRequest(tool="exec", args=args))
print("tool:", invocation.result.content[0].text.strip())
