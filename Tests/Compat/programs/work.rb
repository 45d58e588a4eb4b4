# Strings, hashes, threads, a fork, garbage: prints sums that do not depend on time or addresses.
require 'json'
require 'digest'

numbers = Random.new(3)
words = Array.new(60_000) { |i| format('word-%d-%s', numbers.rand(5_000), 'x' * numbers.rand(40)) }
counts = words.group_by { |word| word.split('-')[1].to_i % 97 }.transform_values(&:size)
puts counts.sort.first(10).inspect
puts Digest::SHA256.hexdigest(JSON.generate(counts.sort) + words.sort.join)

parts = Array.new(4) { |i| Thread.new { (1..20_000).map { |n| "#{i}:#{n}" }.each_slice(7).map(&:join).sum(&:size) } }
puts parts.map(&:value).inspect

200.times { |i| big = 'y' * (i * 4_096); big << 'z'; raise 'size' unless big.size == i * 4_096 + 1 }
GC.start
reader, writer = IO.pipe
child = fork do
  writer.puts Array.new(5_000) { |i| i.to_s * 3 }.join.size
  exit! 7
end
writer.close
puts reader.read
Process.wait(child)
puts $?.exitstatus
puts `echo from a shell`
