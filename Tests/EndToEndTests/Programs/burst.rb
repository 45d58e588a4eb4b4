# A Ruby worker: JSON in three threads, most of it dropped; it stays until its input ends.
require "json"

threads = 3.times.map do |number|
  Thread.new do
    kept = []
    20.times do
      documents = Array.new(2000) { |i| { "id" => i, "body" => "x" * (100 + i % 1500) } }
      kept << JSON.parse(JSON.dump(documents)).last(50)
    end
    Thread.current[:kept] = kept
    Thread.stop if number == 0
  end
end
sleep 0.01 until threads[0].stop?
threads[1..].each(&:join)
$stdout.write(JSON.dump("ready" => true, "pid" => Process.pid) + "\n")
$stdout.flush
$stdin.read
