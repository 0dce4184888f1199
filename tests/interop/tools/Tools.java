import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's command-line tools one after the other in one JVM, as starting one takes seconds.
 * Each line on stdin is {"main", "arguments", "input"}; each answer a line {"exit", "out", "error"}.
 */
public class Tools {
  /** Ends a tool where it would have ended the JVM. Tools that catch even this exit again: the first code counts. */
  private static final class Exited extends Error {
    Exited() {
      super("exit", null, false, false);
    }
  }

  private static final AtomicReference<Integer> exitCode = new AtomicReference<>();

  private static final List<Runnable> hooks = new CopyOnWriteArrayList<>();

  private static void exit(int code) {
    exitCode.compareAndSet(null, code);
    throw new Exited();
  }

  private static void run(String main, String[] arguments) {
    hooks.clear();
    exitCode.set(null);
    try {
      Class.forName(main).getMethod("main", String[].class).invoke(null, (Object) arguments);
      exitCode.compareAndSet(null, 0);
    } catch (Throwable thrown) {
      if (exitCode.compareAndSet(null, 1)) thrown.printStackTrace();
    }
    hooks.forEach(Runnable::run);
  }

  public static void main(String[] ignored) throws Exception {
    Exit.setExitProcedure((code, message) -> exit(code));
    Exit.setHaltProcedure((code, message) -> exit(code));
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    ObjectMapper json = new ObjectMapper();
    PrintStream answers = System.out;
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = questions.readLine()) != null;) {
      JsonNode question = json.readTree(line);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream error = new ByteArrayOutputStream();
      System.setIn(new ByteArrayInputStream(question.path("input").asText().getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
      run(question.get("main").asText(), json.convertValue(question.get("arguments"), String[].class));
      answers.println(json.writeValueAsString(Map.of("exit", exitCode.get(), "out", out.toString(StandardCharsets.UTF_8),
                                                     "error", error.toString(StandardCharsets.UTF_8))));
      answers.flush();
    }
  }
}
