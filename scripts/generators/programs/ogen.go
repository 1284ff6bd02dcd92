// Uses the client of ogen.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/go-faster/jx"

	"matrix/client"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type credential struct{}

func (credential) Bearer(context.Context, client.OperationName) (client.Bearer, error) {
	return client.Bearer{Token: os.Getenv("TOKEN")}, nil
}

// The client of ogen has no type for chunks: a stream is its bytes.
type chunk struct {
	Choices []struct {
		Delta struct {
			Content string
		}
	}
}

func ask(text, model string) *client.ChatCompletionRequest {
	message := client.ChatUserMessage{Role: client.ChatUserMessageRoleUser, Content: client.NewStringChatUserContent(text)}
	return &client.ChatCompletionRequest{
		Model:    model,
		Messages: []client.ChatMessage{client.NewChatUserMessageChatMessage(message)},
	}
}

func main() {
	ctx := context.Background()
	api, err := client.NewClient(os.Getenv("URL"), credential{})
	check(err)

	// Each status has a type: a reply is read by a type switch.
	chat, err := api.CreateChatCompletion(ctx, ask("say hello", "openclaw"), client.CreateChatCompletionParams{})
	check(err)
	fmt.Println("chat:", chat.(*client.ChatCompletionHeaders).Response.Choices[0].Message.Content.Value)

	failed, err := api.CreateChatCompletion(ctx, ask("hi", "openclaw:nobody"), client.CreateChatCompletionParams{})
	check(err)
	fmt.Println("error: 404", failed.(*client.CreateChatCompletionNotFoundHeaders).Response.Error.Code)

	invocation, err := api.InvokeTool(ctx, &client.InvokeToolRequest{
		Tool: client.NewOptNilString("exec"),
		Args: client.NewOptNilInvokeToolRequestArgs(client.InvokeToolRequestArgs{"command": jx.Raw(`"printf invoked"`)}),
	}, client.InvokeToolParams{})
	check(err)
	execution := invocation.(*client.ToolInvocationHeaders).Response.ToolExecution
	fmt.Println("tool:", strings.TrimSpace(execution.Result.Content[0].ToolResultText.Text))

	request := ask("say one two three", "openclaw")
	request.Stream = client.NewOptNilBool(true)
	stream, err := api.CreateChatCompletion(ctx, request, client.CreateChatCompletionParams{})
	check(err)
	text := ""
	lines := bufio.NewScanner(stream.(*client.CreateChatCompletionOKTextEventStreamHeaders).Response.Data)
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: {")
		if !isData {
			continue
		}
		var chunk chunk
		check(json.Unmarshal([]byte("{"+data), &chunk))
		text += chunk.Choices[0].Delta.Content
	}
	fmt.Println("stream:", text)
}
