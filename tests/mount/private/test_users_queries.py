"""Queries and jobs of each user on a mount that all users share (-o identity=caller)."""
import os
import shutil
import stat
import subprocess
import threading

import callers
import harness
from callers import USERS, CallerTest, home_of
from harness import read, run, until

ADQL = "SELECT * FROM ivoa.ObsCore WHERE target_name='NGC253'\n"
OTHER = "SELECT * FROM ivoa.ObsCore WHERE target_name='M83'\n"

# Does an operation on a path as the user that runs it, and prints what the system call says.
TRY = r'''
import errno, os, sys
path = sys.argv[1]
def attempt(operation):
    try:
        operation()
        return 'done'
    except OSError as failed:
        return errno.errorcode[failed.errno]
print(*[attempt(operation) for operation in (
    lambda: os.stat(path), lambda: os.listdir(path), lambda: os.open(path, os.O_RDONLY), lambda: os.chdir(path),
    lambda: os.getxattr(path, 'user.esofs.error'), lambda: os.listxattr(path), lambda: os.access(path, os.R_OK) or os.stat(path),
    lambda: os.stat(path + '/query.adql'), lambda: os.open(path + '/query.adql', os.O_RDWR), lambda: os.unlink(path + '/query.adql'),
    lambda: os.utime(path), lambda: os.truncate(path + '/query.adql', 0), lambda: os.rename(path, path + '2'), lambda: os.rmdir(path))])
'''


class UsersTest(CallerTest):
    def queries(self, *names):
        return os.path.join(self.mount / 'queries', *names)

    def sh(self, user, script, *words):
        """What a shell script prints for the user; its path of queries/ is $Q, that of the mount $M."""
        done = self.act(user, 'sh', '-c', f'M={self.mount.path}; Q=$M/queries; {script}', 'sh', *words)
        return (done.stdout + done.stderr).strip()

    def save(self, user, name, adql=ADQL):
        self.assertEqual(self.sh(user, f'mkdir "$Q/{name}" && printf %s "$1" > "$Q/{name}/query.adql"', adql), '')

    def seen(self, user, place='queries'):
        return sorted(self.sh(user, f'ls -A "$M/{place}"').split('\n')) if self.sh(user, f'ls -A "$M/{place}"') else []

    def attempts(self, user, path):
        done = self.act(user, '/usr/bin/python3', '-c', TRY, path)
        return set(done.stdout.split()) or {done.stderr}


class Own(UsersTest):
    def test_each_user_makes_saves_renames_and_removes_queries(self):
        for user, adql in (('anna', ADQL), ('bert', OTHER)):
            self.save(user, 'mine', adql)
        self.assertEqual(self.sh('anna', 'cat $Q/mine/query.adql') + '\n', ADQL)
        self.assertEqual(self.sh('bert', 'cat $Q/mine.adql') + '\n', OTHER)
        of_anna = self.seen('anna', 'queries/mine')
        self.assertIn('ADP.2018-06-21T20:32:57.736.fits', of_anna)
        self.assertNotEqual(of_anna, self.seen('bert', 'queries/mine'))
        # As editors save: a file beside it, renamed over it.
        self.assertEqual(self.sh('anna', 'cd $Q/mine && sed -i s/NGC253/M83/ query.adql && cat query.adql') + '\n', OTHER)
        self.assertEqual(self.sh('anna', 'mv $Q/mine $Q/yours'), '')
        self.assertEqual((self.seen('anna'), self.seen('bert')), (['yours'], ['mine']))
        self.assertEqual(self.sh('anna', 'printf %s "$1" > $HOME/x.adql; cp $HOME/x.adql $Q/copied.adql', ADQL), '')
        self.assertEqual(self.sh('anna', 'rm -r $Q/yours'), '')
        self.assertEqual((self.seen('anna'), self.seen('bert'), self.seen('root')), (['copied'], ['mine'], []))

    def test_they_lie_in_the_home_and_survive_a_remount(self):
        self.save('anna', 'mine')
        kept = home_of('anna') + '/.config/esofs/queries/mine.adql'
        self.assertEqual((read(kept).decode(), os.stat(kept).st_uid), (ADQL, USERS['anna']))
        for folder in ('.config', '.config/esofs', '.config/esofs/queries'):
            status = os.stat(os.path.join(home_of('anna'), folder))
            self.assertEqual((status.st_uid, stat.S_IMODE(status.st_mode)), (USERS['anna'], 0o700))
        self.assertFalse(os.path.exists(os.path.join(self.home.state, 'users')))
        self.assertEqual(os.stat(self.home.config).st_uid, 0)
        self.remounted()
        self.assertEqual((self.seen('anna'), self.seen('bert')), (['mine'], []))
        # What the user's own mount, or an editor, saves there shows up too.
        self.sh('anna', 'printf %s "$1" > $HOME/.config/esofs/queries/more.adql', ADQL)
        self.assertEqual(self.seen('anna'), ['mine', 'more'])

    def test_a_home_that_cannot_be_written_has_a_place_elsewhere(self):
        os.chmod(home_of('anna'), 0o500)
        shutil.rmtree(home_of('bert'))
        for user in ('anna', 'bert'):
            self.save(user, 'mine')
            place = os.path.join(self.home.state, 'users', str(USERS[user]))
            self.assertEqual(stat.S_IMODE(os.stat(place).st_mode), 0o700)
            self.assertEqual(read(place + '/queries/mine.adql').decode(), ADQL)
            self.assertIn('Permission denied', self.sh(user, f'ls {place}'))
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.home.state, 'users')).st_mode), 0o700)
        self.remounted()
        self.assertEqual((self.seen('anna'), self.seen('bert'), self.seen('carl')), (['mine'], ['mine'], []))
        os.chmod(home_of('anna'), 0o755)
        self.save('anna', 'new')
        self.assertEqual(self.seen('anna'), ['mine', 'new'])
        self.assertEqual(os.listdir(home_of('anna') + '/.config/esofs/queries'), ['new.adql'])

    def test_a_full_walk_by_root_meets_no_errors(self):
        self.save('anna', 'mine')
        self.save('bert', 'his', OTHER)
        walk = run('find', self.mount.path, '-path', '*/browse', '-prune', '-o', '-path', '*/tables', '-prune', '-o', '-print')
        self.assertEqual(walk.stderr, '')
        self.assertNotIn('/mine', walk.stdout)
        self.assertNotIn('/his', walk.stdout)
        done = self.act('anna', 'find', self.mount / 'queries', '-printf', '%P\n')
        self.assertEqual((done.stderr, 'mine/query.adql' in done.stdout.split('\n')), ('', True))

    def test_names_and_numbers_have_limits(self):
        self.assertIn('Invalid argument', self.sh('anna', 'mkdir "$Q/my query"'))
        self.assertIn('name too long', self.sh('anna', f'mkdir $Q/{"x" * 116}'))
        done = self.sh('anna', 'for i in $(seq 1001); do mkdir $Q/q$i || break; done')
        self.assertIn('quota exceeded', done)
        self.assertEqual(len(self.seen('anna')), 1000)
        self.assertEqual(self.sh('bert', 'mkdir $Q/his'), '')


class Others(UsersTest):
    def setUp(self):
        super().setUp()
        self.save('anna', 'secret')
        self.assertIn('query.adql', self.seen('anna', 'queries/secret'))

    def test_nobody_else_sees_or_changes_a_query(self):
        for user in ('bert', 'carl', 'root'):
            for _ in range(2):
                self.assertEqual(self.sh('anna', 'cat $Q/secret/query.adql') + '\n', ADQL)  # the kernel knows all of it now
                self.assertEqual(self.attempts(user, self.queries('secret')), {'ENOENT'}, user)
                self.assertEqual(self.seen(user), [])
        for name in ('secret.adql', 'secret/status.txt', 'secret/table/result.vot', 'secret/table', 'secret/cutout'):
            self.act('anna', 'cat', self.queries(name))
            self.assertEqual(self.cat('bert', self.queries(name)), 'No such file or directory')
        self.assertEqual(self.sh('anna', 'cat $Q/secret/query.adql') + '\n', ADQL)

    def test_a_name_that_another_looks_up_at_the_same_time(self):
        stop, wrong = threading.Event(), []

        def probe(user, script, right):
            while not stop.is_set():
                said = self.sh(user, script)
                if said != right:
                    wrong.append((user, said))

        self.save('bert', 'both', OTHER)
        self.save('anna', 'both', ADQL)
        threads = [threading.Thread(target=probe, args=arguments) for arguments in (
            ('anna', 'for i in 1 2 3 4 5 6 7 8 9; do cat $Q/both/query.adql; done', (ADQL * 9).strip()),
            ('bert', 'for i in 1 2 3 4 5 6 7 8 9; do cat $Q/both/query.adql; done', (OTHER * 9).strip()),
            ('anna', 'for i in 1 2 3; do ls $Q/ | tr "\n" " "; stat -c %U $Q/secret; done', 'both secret anna\n' * 2 + 'both secret anna'),
            ('carl', 'for i in 1 2 3; do ls -a $Q/secret $Q/both 2>/dev/null; ls $Q; done', ''))]
        for thread in threads:
            thread.start()
        stop.wait(8)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_a_directory_that_is_held_leads_nobody_in(self):
        holder = subprocess.Popen(['sh', '-c', 'cd "$1" && echo in && read x && pwd -P && ls && cat query.adql', 'sh', self.queries('secret')],
                                  user=USERS['anna'], group=USERS['anna'], extra_groups=[], cwd='/', stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        self.assertEqual(holder.stdout.readline(), 'in\n')
        place = f'/proc/{holder.pid}/cwd'
        self.assertEqual(self.cat('bert', place + '/query.adql'), 'Permission denied')  # the kernel's own answer
        # Root gets to the directory by the kernel, and no further.
        self.assertEqual(self.cat('root', place + '/query.adql'), 'Stale file handle')
        self.attempts('root', place)
        self.assertEqual(self.seen('anna'), ['secret'])
        told, _ = holder.communicate('\n', timeout=harness.PATIENCE)
        self.assertIn(ADQL, told)

    def test_errors_and_attributes_tell_nothing_of_others(self):
        self.assertIn('Invalid argument', self.sh('anna', 'mkdir $Q/hidden; echo SELEC 1 > $Q/hidden/query.adql; ls $Q/hidden'))
        self.assertIn('cannot', self.sh('anna', 'ls $Q/unheard-of'))
        for user in ('bert', 'carl'):
            told = self.sh(user, 'cat $M/.esofs/errors $M/.esofs/status.json $M/README.txt; getfattr -d -m - $Q $M 2>&1;'
                                 'getfattr -n user.esofs.error $Q; getfattr -n user.esofs.why.x $Q; ls $M/jobs/*')
            for name in ('secret', 'hidden', 'SELEC ', 'unheard-of'):
                self.assertNotIn(name, told, user)
        self.assertIn('/queries/hidden EINVAL', self.sh('anna', 'cat $M/.esofs/errors'))
        self.assertIn('/queries/hidden EINVAL', self.mount.errors())

    def test_the_inode_numbers_and_files_of_two_users_do_not_meet(self):
        self.save('bert', 'secret', OTHER)
        numbers = {user: self.sh(user, 'stat -c %i $Q/secret $Q/secret/query.adql $Q/secret/status.txt').split() for user in ('anna', 'bert')}
        self.assertFalse(set(numbers['anna']) & set(numbers['bert']))
        self.assertEqual(self.sh('anna', 'stat -c %U:%a $Q/secret/query.adql'), 'anna:644')
        self.assertEqual(self.sh('bert', 'rm -r $Q/secret'), '')
        self.assertEqual(self.sh('anna', 'cat $Q/secret/query.adql') + '\n', ADQL)

    def test_planted_links_open_nothing(self):
        own, hers = (os.path.join(home_of(user), '.config/esofs/queries') for user in ('carl', 'anna'))
        self.act('carl', 'mkdir', '-p', os.path.dirname(own))
        os.symlink(hers, own)
        self.assertEqual(self.seen('carl'), [])
        self.assertEqual(self.sh('carl', 'mkdir $Q/new'), '')
        self.assertEqual(os.listdir(hers), ['secret.adql'])
        os.unlink(own)
        os.mkdir(own)
        os.chown(own, USERS['carl'], USERS['carl'])
        for name, target in (('linked', hers + '/secret.adql'), ('shadow', '/etc/shadow'), ('zero', '/dev/zero')):
            os.symlink(target, f'{own}/{name}.adql')
        os.mkfifo(own + '/pipe.adql', 0o666)
        for name in ('linked', 'shadow', 'zero', 'pipe'):
            self.assertEqual(self.cat('carl', self.queries(name, 'query.adql')), 'No such file or directory')
        self.assertEqual(self.seen('carl'), ['new'])

    def test_a_query_cannot_redirect_a_dataset_for_others(self):
        dp_id = 'ADP.2018-06-21T20:32:57.736'
        other = self.public()
        adql = f"SELECT '{dp_id}' AS dp_id, access_url, 'application/fits' AS access_format FROM ivoa.ObsCore WHERE dp_id='{other}'\n"
        self.save('carl', 'forged', adql)
        self.act('carl', 'head', '-c', '100', self.queries('forged', dp_id + '.fits'))
        url = self.act('bert', 'sh', '-c', f'head -c 100 "$1" > /dev/null; getfattr --only-values -n user.esofs.url "$1"', 'sh',
                       self.path(dp_id)).stdout
        self.assertNotIn(other, url)
        self.assertIn(dp_id, url)


class Offered(UsersTest):
    def test_the_administrators_queries_are_for_all_and_read_only(self):
        self.mount.save('survey', ADQL.strip())
        before = self.seen('root', 'queries/survey')
        for user in ('anna', 'bert'):
            self.assertEqual(self.seen(user), ['survey'])
            self.assertEqual(self.seen(user, 'queries/survey'), before)
            for script in ('rm -r $Q/survey', 'rmdir $Q/survey', 'mv $Q/survey $Q/mine', 'echo x > $Q/survey/query.adql',
                           'touch $Q/survey/query.adql', 'echo x > $Q/survey.adql', 'touch $Q/survey/4913'):
                self.assertRegex(self.sh(user, script), 'denied|exists', script)
        self.assertEqual(read(self.queries('survey/query.adql')).decode(), ADQL)
        self.assertEqual(self.sh('anna', 'cp $Q/survey/query.adql $Q/mine.adql; cat $Q/mine/query.adql') + '\n', ADQL)
        self.assertEqual((self.seen('anna'), self.seen('bert'), self.seen('root')), (['mine', 'survey'], ['survey'], ['survey']))
        told = self.sh('anna', 'cat $M/.esofs/errors')
        self.assertIn('the administrator offers it to all users', told)

    def test_templates_are_said_to_be_the_administrators(self):
        for script in ('cat $M/README.txt', 'cat $M/browse/README.txt', 'ls $M/browse/mine; cat $M/.esofs/errors'):
            self.assertRegex(self.sh('anna', script), "(?i)templates .*are.* the administrator's", script)

    def test_what_one_user_is_refused_again_and_again_is_one_line(self):
        self.mount.save('survey', ADQL.strip())
        self.act('anna', 'rm', '-rf', self.queries('survey'))
        lines = [line for line in self.sh('anna', 'cat $M/.esofs/errors').splitlines() if ' EACCES remove ' in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r'\(unlink by rm\[\d+\], \d+ times\)$')


class Jobs(UsersTest):
    def run_job(self, user, name, adql=ADQL):
        said = self.sh(user, f'cd $M/jobs/obs && mkdir {name} && printf %s "$1" > {name}/query.adql && echo RUN > {name}/phase', adql)
        self.assertEqual(said, '')
        until(lambda: self.sh(user, f'cat $M/jobs/obs/{name}/phase') == 'COMPLETED', 'the job')

    def number_of(self, user, name):
        url = self.sh(user, f'getfattr --absolute-names --only-values -n user.esofs.url $M/jobs/obs/{name}')
        return url.rstrip('/').rsplit('/', 1)[1]

    def test_each_user_has_jobs_of_his_own(self):
        for user, adql in (('anna', ADQL), ('bert', OTHER)):
            self.run_job(user, 'mine', adql)
        self.assertEqual((self.seen('anna', 'jobs/obs'), self.seen('root', 'jobs/obs')), (['mine'], []))
        self.assertIn('NGC253', self.sh('anna', 'cat $M/jobs/obs/mine/results/*'))
        self.assertNotIn('NGC253', self.sh('bert', 'cat $M/jobs/obs/mine/results/*'))
        number = self.number_of('anna', 'mine')
        self.assertEqual(self.attempts('bert', self.mount / f'jobs/obs/{number}'), {'ENOENT'})
        self.assertEqual(self.attempts('carl', self.mount / 'jobs/obs/mine'), {'ENOENT'})
        self.remounted()
        self.assertEqual(self.sh('anna', 'cat $M/jobs/obs/mine/phase'), 'COMPLETED')
        self.assertEqual(self.sh('anna', 'rmdir $M/jobs/obs/mine'), '')
        self.assertEqual((self.seen('anna', 'jobs/obs'), self.seen('bert', 'jobs/obs')), ([], ['mine']))
        self.assertEqual(self.sh('bert', 'cat $M/jobs/obs/mine/phase'), 'COMPLETED')


    def test_nobody_else_sees_or_removes_a_users_job(self):
        self.run_job('anna', 'mine')
        number = self.number_of('anna', 'mine')
        for _ in range(2):
            self.assertEqual(self.seen('root', 'jobs/obs'), [])
            self.assertEqual(self.attempts('root', self.mount / f'jobs/obs/{number}'), {'ENOENT'})
            self.remounted()
        self.run_job('root', 'own', OTHER)
        self.assertEqual(self.seen('root', 'jobs/obs'), ['own'])
        self.assertIn('COMPLETED', self.sh('root', f"cat $M/jobs/obs/{self.number_of('root', 'own')}/phase"))

    def test_the_text_of_a_job_that_the_service_forgot_stays(self):
        self.run_job('anna', 'mine')
        self.sim.get(f"/tap_obs/async/{self.number_of('anna', 'mine')}", b'ACTION=DELETE')
        until(lambda: self.sh('anna', 'cat $M/jobs/obs/mine/phase') == 'UNKNOWN', 'the end of the job')
        self.assertEqual(self.sh('anna', 'cat $M/jobs/obs/mine/query.adql') + '\n', ADQL)
        self.assertIn('query.adql', self.seen('anna', 'jobs/obs/mine'))
        self.assertEqual(self.sh('anna', 'echo RUN > $M/jobs/obs/mine/phase'), '')
        until(lambda: self.sh('anna', 'cat $M/jobs/obs/mine/phase') == 'COMPLETED', 'the job')
        self.assertEqual(self.sh('anna', 'rmdir $M/jobs/obs/mine'), '')
        self.assertEqual(self.seen('anna', 'jobs/obs'), [])


class Failures(UsersTest):
    def log(self):
        return read(os.path.join(self.home.state, 'esofs.log')).decode()

    def test_a_flood_of_failures_hides_none_of_others_and_fills_no_log(self):
        self.remounted('log_level=info')
        self.assertIn('Invalid', self.sh('anna', 'mkdir $M/jobs/obs/12'))
        self.sh('bert', 'cd $M/jobs/obs; seq 1001 1600 | xargs mkdir 2> /dev/null; true')
        self.assertIn('/jobs/obs/12 EINVAL', self.sh('anna', 'cat $M/.esofs/errors'))
        self.assertEqual(self.sh('bert', 'wc -l < $M/.esofs/errors'), '200')
        self.assertIn('/jobs/obs/12 EINVAL', self.mount.errors())
        self.assertIn('/jobs/obs/1600 EINVAL', self.mount.errors())
        status = '"$1" status $M | grep errors'
        for user, count in (('anna', 1), ('bert', 200), ('root', 201)):
            self.assertIn(f'errors    {count} ', self.sh(user, status, harness.programs['esofs']))
        self.assertLess(self.log().count(' EINVAL '), 200)
        self.assertIn(f"uid {USERS['bert']} fails often", self.log())
        self.assertIn('EINVAL', self.sh('anna', '"$1" why $M/jobs/obs/12', harness.programs['esofs']))
        self.assertIn('ENOENT', self.sh('bert', '"$1" why $M/jobs/obs/12', harness.programs['esofs']))


class Hanging(UsersTest):
    """A home whose file system does not answer: that of bert is in a mount that a stopped daemon serves."""

    def test_a_home_that_hangs_holds_up_its_own_user_only(self):
        helper = self.mounted('allow_other')  # any FUSE file system will do
        shutil.rmtree(home_of('bert'))
        os.symlink(helper / 'browse', home_of('bert'))
        self.addCleanup(os.unlink, home_of('bert'))
        self.save('anna', 'mine')
        os.kill(helper.pid, 19)
        self.addCleanup(os.kill, helper.pid, 18)
        waiting = [subprocess.Popen(['ls', self.queries()], user=USERS['bert'], group=USERS['bert'], extra_groups=[], cwd='/',
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(40)]
        self.assertEqual(self.seen('anna'), ['mine'])
        self.save('anna', 'more', OTHER)
        self.assertEqual(self.seen('root'), [])
        for process in waiting:
            self.assertIsNone(process.poll())
            process.terminate()
        for process in waiting:
            process.wait(timeout=harness.PATIENCE)
        self.assertEqual(self.seen('anna'), ['mine', 'more'])
        os.kill(helper.pid, 18)
        until(lambda: self.seen('bert') == [], 'the home')


if __name__ == '__main__':
    callers.main(__file__)
