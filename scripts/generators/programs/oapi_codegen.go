// Uses the Go client of oapi-codegen.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	"matrix/client"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ask(text, model string) client.ChatCompletionRequest {
	var content client.ChatUserContent
	check(content.FromChatUserContent0(text))
	var message client.ChatMessage
	check(message.FromChatUserMessage(client.ChatUserMessage{Role: client.ChatUserMessageRoleUser, Content: content}))
	return client.ChatCompletionRequest{Model: model, Messages: []client.ChatMessage{message}}
}

func main() {
	ctx := context.Background()
	authorize := client.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
		return nil
	})
	api, err := client.NewClientWithResponses(os.Getenv("URL"), authorize)
	check(err)

	chat, err := api.CreateChatCompletionWithResponse(ctx, nil, ask("say hello", "openclaw"))
	check(err)
	fmt.Println("chat:", *chat.JSON200.Choices[0].Message.Content)

	failed, err := api.CreateChatCompletionWithResponse(ctx, nil, ask("hi", "openclaw:nobody"))
	check(err)
	fmt.Println("error:", failed.StatusCode(), failed.JSON404.Error.Code)

	tool := "exec"
	args := map[string]interface{}{"command": "printf invoked"}
	invocation, err := api.InvokeToolWithResponse(ctx, nil, client.InvokeToolRequest{Tool: &tool, Args: &args})
	check(err)
	execution, err := invocation.JSON200.AsToolExecution()
	check(err)
	part, err := execution.Result.Content[0].AsToolResultText()
	check(err)
	fmt.Println("tool:", strings.TrimSpace(part.Text))

	request := ask("say one two three", "openclaw")
	stream := true
	request.Stream = &stream
	response, err := api.ClientInterface.CreateChatCompletion(ctx, nil, request)
	check(err)
	defer response.Body.Close()
	text := ""
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: {")
		if !isData {
			continue
		}
		var chunk client.ChatCompletionChunk
		check(json.Unmarshal([]byte("{"+data), &chunk))
		if content := chunk.Choices[0].Delta.Content; content != nil {
			text += *content
		}
	}
	fmt.Println("stream:", text)
}
