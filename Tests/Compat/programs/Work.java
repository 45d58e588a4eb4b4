import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Threads, maps, direct buffers and native compression: prints sums that do not depend on time or addresses. */
public class Work {
    static long part(int seed) {
        Random numbers = new Random(seed);
        TreeMap<Integer, String> map = new TreeMap<>();
        for (int i = 0; i < 40_000; i++) map.merge(numbers.nextInt(3_000), "v" + i, (a, b) -> a.length() > 60 ? b : a + b);
        CRC32 sum = new CRC32();
        map.forEach((key, value) -> sum.update((key + value).getBytes()));
        ByteBuffer direct = ByteBuffer.allocateDirect(1 << 20);
        byte[] packed = new byte[1 << 20];
        for (int turn = 0; turn < 20; turn++) {
            Deflater deflater = new Deflater(1 + turn % 9);
            deflater.setInput(map.toString().getBytes());
            deflater.finish();
            int length = deflater.deflate(packed);
            deflater.end();
            direct.clear();
            direct.put(packed, 0, length);
            direct.flip();
            sum.update(direct);
        }
        return sum.getValue();
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> parts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            final int seed = i;
            parts.add(pool.submit((Callable<Long>) () -> part(seed)));
        }
        for (Future<Long> each : parts) System.out.println(each.get());
        pool.shutdown();
        Process child = new ProcessBuilder("/bin/echo", "from a child").redirectErrorStream(true).start();
        System.out.print(new String(child.getInputStream().readAllBytes()));
        System.exit(child.waitFor() + 5);
    }
}
