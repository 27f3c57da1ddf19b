import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** What every Main shares. Arguments: HOME READY_FILE OWNER_PID key=value... ({@code 0}: nobody owns the node). */
record Launch(Path home, Path ready, long owner, Map<String, String> settings) {
    interface Closing {
        void run() throws Exception;
    }

    static Launch of(String[] args) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = 3; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        return new Launch(Path.of(args[0]), Path.of(args[1]), Long.parseLong(args[2]), settings);
    }

    /** Writes the URL once HTTP is bound, then waits for SIGTERM or for the end of the owner. */
    void serve(int port, Closing closing) throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        AtomicBoolean orphaned = new AtomicBoolean();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                closing.run();
            } catch (Exception e) {
                e.printStackTrace();
            }
            if (orphaned.get()) {
                forgetState();
            }
            closed.countDown();
        }));
        // Whoever sees the file may read it at once, so it must appear whole.
        Path part = ready.resolveSibling(ready.getFileName() + ".part");
        Files.writeString(part, "http://127.0.0.1:" + port + "\n");
        Files.move(part, ready, StandardCopyOption.ATOMIC_MOVE);
        if (owner != 0) {
            watchOwner(orphaned);
        }
        closed.await();
    }

    /** A test run that was killed cannot stop its nodes; they notice by themselves. */
    private void watchOwner(AtomicBoolean orphaned) {
        Optional<ProcessHandle> process = ProcessHandle.of(owner);
        Thread watcher = new Thread(() -> {
            process.ifPresent(handle -> handle.onExit().join());
            orphaned.set(true);
            System.exit(0);
        }, "owner-watch");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** The folder around HOME holds pid, log and URL; with the owner gone no script call comes to remove it. */
    private void forgetState() {
        try (Stream<Path> paths = Files.walk(home.getParent())) {
            paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            e.printStackTrace();
        }
    }
}
