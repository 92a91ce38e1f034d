package server

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"acme.example/acme/contract"
)

// The most a message may have; libraries take 4 MiB unless they are told.
const longestMessage = 8 << 20

// Server serves both services of the contract to nobody but provd.
type Server struct {
	token  string
	log    *Log
	gate   gate
	health *health.Server
	server *grpc.Server
}

// drainable is a plugin whose Drain is the server's, which knows what runs.
type drainable struct {
	contract.PluginServer
	server *Server
}

// New makes a server of a plugin. Its own Drain is never called.
func New(plugin contract.PluginServer, token string, log *Log) *Server {
	server := &Server{token: token, log: log, health: health.NewServer()}
	server.server = grpc.NewServer(
		grpc.MaxRecvMsgSize(longestMessage),
		grpc.MaxSendMsgSize(longestMessage),
		grpc.UnaryInterceptor(server.call),
		grpc.StreamInterceptor(server.stream),
	)
	contract.RegisterPluginServer(server.server, drainable{plugin, server})
	grpc_health_v1.RegisterHealthServer(server.server, server.health)
	return server
}

// Serve answers until Stop.
func (server *Server) Serve(listener net.Listener) error { return server.server.Serve(listener) }

// Stop lets calls that run finish, and takes no more.
func (server *Server) Stop() { server.server.GracefulStop() }

// Drain finishes what runs; the plugin stays unwell for good, for SIGTERM follows.
func (drainable drainable) Drain(context.Context, *contract.DrainRequest) (*contract.DrainResponse, error) {
	drainable.server.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	drainable.server.gate.close()
	return &contract.DrainResponse{}, nil
}

// call admits the caller, counts what runs, and makes a panic a status.
func (server *Server) call(
	ctx context.Context, request interface{}, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (answer interface{}, err error) {
	if err := server.admit(ctx); err != nil {
		return nil, err
	}
	if counts(info.FullMethod) {
		if err := server.gate.enter(); err != nil {
			return nil, err
		}
		defer server.gate.leave()
	}
	defer func() {
		if defect := recover(); defect != nil {
			server.log.Error("defect", map[string]string{"stack": string(debug.Stack())})
			err = status.Error(codes.Internal, fmt.Sprintf("panic: %v", defect))
		}
	}()
	answer, err = handler(ctx, request)
	if err != nil {
		fields := map[string]string{"code": status.Code(err).String(), "reason": status.Convert(err).Message()}
		server.log.Debug("refused", fields)
	}
	return answer, err
}

// counts tells calls that Drain waits for from itself, and from health, which is answered to the end.
func counts(method string) bool {
	return strings.HasPrefix(method, "/provd.plugin.v1.Plugin/") && !strings.HasSuffix(method, "/Drain")
}

// stream admits callers of what health streams.
func (server *Server) stream(
	service interface{}, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	if err := server.admit(stream.Context()); err != nil {
		return err
	}
	return handler(service, stream)
}

// admit lets nobody in but provd. How long it takes does not tell how much of the token was right.
func (server *Server) admit(ctx context.Context) error {
	carried, _ := metadata.FromIncomingContext(ctx)
	tokens := carried.Get("provd-token")
	if len(tokens) == 1 && subtle.ConstantTimeCompare([]byte(tokens[0]), []byte(server.token)) == 1 {
		return nil
	}
	return status.Error(codes.Unauthenticated, "this plugin answers only the provd that started it")
}
