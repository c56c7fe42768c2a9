%% The workloads in Erlang/OTP: the same logic as the runtime's own. Processes and plain messages; an ask is
%% gen_server:call, which like ours has a deadline and notices a dead server.
-module(erlang_peer).
-behaviour(gen_server).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

-define(WINDOW, 1000).
-define(WINDOWS, 8).
-define(SOURCES, 10000).
-define(BURST, 5).

main([Workload, SizeText]) ->
    Size = list_to_integer(SizeText),
    Run = prepare(Workload),
    Run(max(1, Size div 10)),
    erlang:garbage_collect(),
    {Done, Seconds, Check, Figure} = Run(Size),
    io:format("{\"done\":~b,\"seconds\":~.9f,\"check\":~b~s}~n", [Done, Seconds, Check, figure(Figure)]),
    halt().

figure(none) -> "";
figure(Value) -> io_lib:format(",\"figure\":~.3f", [float(Value)]).

timed(Done, Work) ->
    Start = erlang:monotonic_time(nanosecond),
    Check = Work(),
    {Done, (erlang:monotonic_time(nanosecond) - Start) / 1.0e9, Check, none}.

prepare("tell") -> fun tell/1;
prepare("ping-pong") -> fun ping_pong/1;
prepare("ask-1") -> ask(1, 1);
prepare("ask-1000") -> ask(1000, 1);
prepare("spawn") -> fun spawn_many/1;
prepare("memory") -> fun memory/1;
prepare("fan-in") -> fan_in();
prepare("restarts") -> fun restarts/1;
prepare("thread-ask-1") -> ask(1, 100);
prepare("thread-ask-1000") -> ask(1000, 100);
prepare("thread-tell") -> fun thread_tell/1.

%% tell: a driver sends windows of 1,000 messages to a sink, which asks for the next one.
tell(Size) ->
    Driver = self(),
    Sink = spawn_link(fun() -> sink(Driver, 0, 0) end),
    timed(Size, fun() ->
        windows(Sink, Size),
        Sink ! {total, self()},
        receive {total, Sum} -> Sum end
    end).

windows(_Sink, 0) -> ok;
windows(Sink, Left) ->
    window(Sink, 0),
    receive go -> windows(Sink, Left - ?WINDOW) end.

window(_Sink, ?WINDOW) -> ok;
window(Sink, Value) ->
    Sink ! {add, Value},
    window(Sink, Value + 1).

sink(Driver, Seen, Sum) ->
    receive
        {add, Value} when (Seen + 1) rem ?WINDOW =:= 0 ->
            Driver ! go,
            sink(Driver, Seen + 1, Sum + Value);
        {add, Value} ->
            sink(Driver, Seen + 1, Sum + Value);
        {total, From} ->
            From ! {total, Sum}
    end.

ping_pong(Size) ->
    Pong = spawn_link(fun pong/0),
    timed(Size, fun() -> ping(Pong, Size, 0) end).

ping(_Pong, 0, Count) -> Count;
ping(Pong, Left, Count) ->
    Pong ! {ball, self(), Count + 1},
    receive {ball, Next} -> ping(Pong, Left - 1, Next) end.

pong() ->
    receive {ball, From, Count} -> From ! {ball, Count + 1}, pong() end.

%% ask: clients that take the next number until none is left; the answer is the number before, plus the bytes.
ask(Outstanding, Bytes) ->
    {ok, Server} = gen_server:start_link(?MODULE, [], there()),
    Text = binary:copy(<<"x">>, Bytes),
    fun(Size) ->
        Next = atomics:new(1, []),
        Main = self(),
        Client = fun() -> Main ! {sum, client(Server, Next, Size, Text, 0)} end,
        timed(Size, fun() ->
            [spawn_opt(Client, [link | here()]) || _ <- lists:seq(1, Outstanding)],
            lists:sum([receive {sum, Sum} -> Sum end || _ <- lists:seq(1, Outstanding)])
        end)
    end.

%% Where there are two schedulers, asking and answering sides are bound to one each: left alone, both soon
%% run on the same one, and nothing crosses threads.
here() -> [{scheduler, 1}].
there() -> [{spawn_opt, [{scheduler, erlang:system_info(schedulers)}]}].

client(Server, Next, Size, Text, Sum) ->
    case atomics:add_get(Next, 1, 1) of
        Id when Id > Size -> Sum;
        Id -> client(Server, Next, Size, Text, Sum + gen_server:call(Server, {ask, Id, Text}))
    end.

init([]) -> {ok, none}.
handle_call({ask, Id, Text}, _From, State) -> {reply, Id - 1 + byte_size(Text), State}.
handle_cast(_, State) -> {noreply, State}.

spawn_many(Size) ->
    Main = self(),
    Seen = counters:new(2, [atomics]),
    Last = atomics:new(1, []),
    Actor = fun() ->
        receive {add, Value} ->
            counters:add(Seen, 2, Value),
            case atomics:add_get(Last, 1, 1) of
                Size -> Main ! finished;
                _ -> ok
            end
        end,
        receive stop -> ok end
    end,
    Result = timed(Size, fun() ->
        Pids = [begin Pid = spawn(Actor), Pid ! {add, Value}, Pid end || Value <- lists:seq(0, Size - 1)],
        put(pids, Pids),
        receive finished -> counters:get(Seen, 2) end
    end),
    [Pid ! stop || Pid <- get(pids)],
    Result.

memory(Size) ->
    erlang:garbage_collect(),
    Before = erlang:memory(processes),
    Pids = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Size)],
    erlang:yield(),
    %% Without what the list of pids takes.
    Bytes = erlang:memory(processes) - Before - 16 * Size,
    Alive = length([Pid || Pid <- Pids, is_process_alive(Pid)]),
    [Pid ! stop || Pid <- Pids],
    {Size, 0.0, Alive, Bytes / Size}.

%% fan-in: 10,000 sources send five messages each; when all have come, the sink asks them for more.
fan_in() ->
    Sink = self(),
    Sources = [spawn_link(fun() -> source(Sink, Value) end) || Value <- lists:seq(0, ?SOURCES - 1)],
    fun(Size) ->
        Rounds = (Size + ?SOURCES * ?BURST - 1) div (?SOURCES * ?BURST),
        timed(Rounds * ?SOURCES * ?BURST, fun() -> rounds(Sources, Rounds, 0) end)
    end.

rounds(_Sources, 0, Sum) -> Sum;
rounds(Sources, Left, Sum) ->
    [Source ! go || Source <- Sources],
    rounds(Sources, Left - 1, collect(?SOURCES * ?BURST, Sum)).

collect(0, Sum) -> Sum;
collect(Left, Sum) -> receive {add, Value} -> collect(Left - 1, Sum + Value) end.

source(Sink, Value) ->
    receive go -> [Sink ! {add, Value} || _ <- lists:seq(1, ?BURST)], source(Sink, Value) end.

%% restarts: a hand-written supervisor that begins its child anew under the same name. The child crashes by an
%% error, which has a stack; nobody logs it.
restarts(Size) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    timed(Size, fun() -> supervise(Size, 0) end).

supervise(Size, Lives) ->
    Pid = spawn_link(fun() ->
        register(crasher, self()),
        crasher ! crash,
        receive crash -> error(crash) end
    end),
    receive
        {'EXIT', Pid, {crash, _Stack}} when Lives + 1 =:= Size -> Lives + 1;
        {'EXIT', Pid, {crash, _Stack}} -> supervise(Size, Lives + 1)
    end.

%% thread-tell: eight windows of 1,000 messages under way at once; each ends in a question for the total.
thread_tell(Size) ->
    {_Driver, Monitor} = spawn_opt(fun() -> exit({done, thread_tell_here(Size)}) end, [monitor | here()]),
    receive {'DOWN', Monitor, process, _, {done, Result}} -> Result end.

thread_tell_here(Size) ->
    Sink = spawn_opt(fun() -> summer(0) end, proplists:get_value(spawn_opt, there(), []) ++ [link]),
    timed(Size, fun() ->
        Windows = Size div ?WINDOW,
        First = min(Windows, ?WINDOWS),
        [send_window(Sink, Index * ?WINDOW) || Index <- lists:seq(0, First - 1)],
        pipeline(Sink, First, First, Windows)
    end).

pipeline(_Sink, 1, Windows, Windows) -> receive {total, Sum} -> Sum end;
pipeline(Sink, Open, Windows, Windows) -> receive {total, _} -> pipeline(Sink, Open - 1, Windows, Windows) end;
pipeline(Sink, Open, Sent, Windows) ->
    receive {total, _} ->
        send_window(Sink, Sent * ?WINDOW),
        pipeline(Sink, Open, Sent + 1, Windows)
    end.

send_window(Sink, First) ->
    [Sink ! {add, First + Value, Value} || Value <- lists:seq(0, ?WINDOW - 1)],
    Sink ! {total, self()}.

summer(Sum) ->
    receive
        {add, _Id, Value} -> summer(Sum + Value);
        {total, From} -> From ! {total, Sum}, summer(Sum)
    end.
